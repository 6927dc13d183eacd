import { expect, test } from 'vitest';

import { lintPackContent } from '../../src/profile/lint-pack-content.ts';
import { parseYaml } from '../../src/profile/yaml-tree.ts';
import { profileFile, warningsOf } from '../support/sample-profiles.ts';

function lint(values: string): string[] {
  return parseYaml(values, () => 'x').flatMap(({ root }) =>
    lintPackContent('pack p', root).map(({ code, message }) => `${code} ${message}`),
  );
}

test.each([
  ['pack:\n  content:\n    images:\n      - image: a:1\n', []],
  ['pack:\n  content:\n    images: []\n    charts: []\n', []],
  ['pack:\n  content:\n    images:\n', []],
  ['pack:\n  namespace: x\n  context: {a: 1}\ncontent: text\npacks: 3\n', []],
  ['pack:\n  content:\n    images:\n      - image: a:1\n        imagePullPolicy: Always\n', []],
  [
    'content:\n  images:\n    - image: a:1\npack:\n',
    [/^CONTENT_AT_ROOT pack p, values line 1: .*its 1 image are/],
  ],
  [
    'packs:\n  content:\n    images: []\n',
    [/^MISSPELT_KEY pack p, values line 1: pack is misspelt as "packs"/],
  ],
  [
    'pack:\n  contents:\n    images: []\n',
    [/^MISSPELT_KEY pack p, values line 2: pack\.content is misspelt as "contents"/],
  ],
  [
    'pack:\n  content:\n    imges:\n      - image: a\n',
    [/^MISSPELT_KEY pack p, values line 3: pack\.content\.images .*"imges"/],
  ],
  [
    'pack:\n  content:\n    image:\n      - image: a\n',
    [/^MISSPELT_KEY pack p, values line 3: pack\.content\.images .*"image"/],
  ],
  ['pack:\n  content:\n    chart: []\n', [/^MISSPELT_KEY .*pack\.content\.charts .*"chart"/]],
  ['pack:\n  images:\n    - image: a\n', [/^MISPLACED_KEY pack p, values line 2: .*pack\.content\.images/]],
  [
    'pack:\n  content:\n    images: a:1\n',
    [/^CONTENT_NOT_READ pack p, values line 3: pack\.content\.images is no list/],
  ],
  [
    'pack:\n  content:\n    images:\n      - a:1\n',
    [/^CONTENT_NOT_READ pack p, values line 4: pack\.content\.images\[0\]/],
  ],
  ['pack:\n  content:\n    images:\n      - image: {a: 1}\n', [/^CONTENT_NOT_READ .*line 4/]],
  ['pack:\n  content:\n    images:\n      - image:\n', [/^CONTENT_NOT_READ .*line 4/]],
  [
    'pack:\n  content:\n    images:\n      - image: a\n      -\n        imgae: b\n',
    [/^MISSPELT_KEY .*line 6: .*images\[1\]\.image .*"imgae"/],
  ],
  [
    'pack:\n  content:\n    charts:\n      - {repo: r, name: n, version: 1.0}\n      - {version: 1.0}\n      - {repo: "", name: n}\n',
    [
      /^CONTENT_NOT_READ .*line 5: .*charts\[1\] has no repo and no name /,
      /^CONTENT_NOT_READ .*line 6: .*charts\[2\] has no repo and /,
    ],
  ],
  [
    'pack:\n  content:\n    charts:\n      - {repository: r, name: n, verison: 1.0}\n',
    [/^MISSPELT_KEY .*repo is .*"repository"/, /^MISSPELT_KEY .*version is .*"verison"/],
  ],
  ['pack:\n  content:\n    charts:\n      - {repo: r, url: u, name: n}\n', []],
  ['- a\n', []],
  ['text', []],
])('%j', (values, expected) => {
  expect(lint(values)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

test('an address with a password is not shown', () => {
  const values = 'pack:\n  content:\n    charts:\n      - {repo: "https://me:hunter2@x.io", name: n}\n';
  expect(lint(values).join()).not.toContain('hunter2');
});

test('a pack with a lint is not also called one without a list', () => {
  const profiles = [profileFile(['content:\n  images:\n    - image: a:1\npack:\n'])];
  expect(warningsOf({ profiles })).toEqual([expect.stringMatching(/^CONTENT_AT_ROOT /)]);
});
