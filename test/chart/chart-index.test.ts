import { describe, expect, test } from 'vitest';

import { findInIndex } from '../../src/chart/chart-index.ts';
import { thrown } from '../support/sample-profiles.ts';

const sha256 = 'ab'.repeat(32);
const entry = (version: string, url = `thing-${version}.tgz`) => ({ version, urls: [url], sha256 });

/** As helm repo index writes it. */
const usual = `apiVersion: v1
entries:
  other:
  - name: other
    urls:
    - other-9.0.0.tgz
    version: 9.0.0
  thing:
  - annotations:
      images: |
        - image: a
          version: 7.7.7
    apiVersion: v2
    created: "2026-01-01T00:00:00Z"
    dependencies:
    - name: common
      repository: https://a.io
      version: 2.x.x
    description: 'words: and
      more words'
    digest: ${sha256}
    name: thing
    urls:
    - thing-2.0.0.tgz
    version: 2.0.0
  - apiVersion: v2
    digest: ${sha256}
    urls:
      - thing-1.10.tgz
    version: 1.10
  thing-two:
  - version: 5.0.0
    urls: [https://a.io/x.tgz]
generated: "2026-01-01T00:00:00Z"
`;

test('of a usual index only the chart is parsed', () => {
  expect(findInIndex(usual, 'thing', 'i')).toEqual([
    entry('2.0.0'),
    { ...entry('1.1'), urls: ['thing-1.10.tgz'] },
  ]);
  expect(findInIndex(usual, 'thing-two', 'i')).toEqual([
    { version: '5.0.0', urls: ['https://a.io/x.tgz'], sha256: undefined },
  ]);
  expect(findInIndex(usual, 'thin', 'i')).toBeUndefined();
  expect(findInIndex(usual, 'common', 'i')).toBeUndefined();
});

describe('written otherwise', () => {
  const fields = `version: "1.0.0", urls: [thing-1.0.0.tgz], digest: "sha256:${sha256}"`;
  test.each([
    [
      'JSON',
      JSON.stringify({
        entries: { thing: [{ version: '1.0.0', urls: ['thing-1.0.0.tgz'], digest: sha256 }] },
      }),
    ],
    ['flow style', `{entries: {thing: [{${fields}}]}}`],
    ['flow style below', `entries: {thing: [{${fields}}]}\n`],
    ['flow style of the list', `entries:\n  thing: [{${fields}}]\n`],
    ['quoted keys', `"entries":\n  "thing":\n    - {${fields}}\n`],
    [
      'quoted key of the chart',
      `entries:\n  'thing':\n    -   version: 1.0.0\n        urls:\n        - thing-1.0.0.tgz\n        digest: ${sha256}\n`,
    ],
    [
      'a dash alone',
      `entries:\n  thing:\n  -\n    version: 1.0.0\n    digest: ${sha256}\n    urls:\n    - thing-1.0.0.tgz\n`,
    ],
    ['an anchor', `entries:\n  other:\n  - &a {${fields}}\n  thing:\n  - *a\n`],
    [
      'an anchor of a value',
      `v: &v 1.0.0\nentries:\n  thing:\n  - version: *v\n    urls: [thing-1.0.0.tgz]\n    digest: ${sha256}\n`,
    ],
    [
      'comments and line ends of Windows',
      `entries: # all\r\n# one\r\n  # two\r\n  thing:\r\n# three\r\n  - version: 1.0.0\r\n\r\n    # four\r\n    urls:\r\n    - thing-1.0.0.tgz\r\n    digest: ${sha256}\r\n`,
    ],
  ])('%s', (_, text) => {
    expect(findInIndex(text, 'thing', 'i')).toEqual([entry('1.0.0')]);
  });

  test('entries that make no sense are passed over', () => {
    const text = JSON.stringify({
      entries: { thing: [null, {}, { version: '1.0.0', urls: 'x', digest: 'y' }] },
    });
    expect(findInIndex(text, 'thing', 'i')).toEqual([{ version: '1.0.0', urls: [], sha256: undefined }]);
    expect(findInIndex('entries:\n', 'thing', 'i')).toBeUndefined();
    expect(findInIndex('entries: {}\n', 'thing', 'i')).toBeUndefined();
  });

  test('a name is a key of the index, not of objects', () => {
    expect(findInIndex('{"entries":{}}', 'constructor', 'i')).toBeUndefined();
    expect(findInIndex(usual, 'constructor', 'i')).toBeUndefined();
    expect(findInIndex(usual, 't....', 'i')).toBeUndefined();
  });
});

describe('no index', () => {
  test.each([
    ['a web page', '<html><body>not found</body></html>'],
    ['nothing', ''],
    ['no entries', 'apiVersion: v1\n'],
    ['broken YAML', 'entries: {{\n'],
    ['no list', '{"entries":{"thing":1}}'],
    ['too many versions', JSON.stringify({ entries: { thing: Array.from({ length: 20_001 }, () => 1) } })],
    [
      'too much about one chart',
      `entries:\n  thing:\n  - version: 1.0.0\n    urls:\n${'    - a.tgz\n'.repeat(450_000)}`,
    ],
    ['too large for a style of its own', `entries: {thing: "${'x'.repeat(5_000_000)}"}`],
  ])('%s', (_, text) => {
    const { code, kind, message } = thrown(() => findInIndex(text, 'thing', 'index.yaml of https://a.io'));
    expect({ code, kind }).toEqual({ code: 'CHART_INDEX_INVALID', kind: 'content' });
    expect(message).toContain('index.yaml of https://a.io');
    expect(message.length).toBeLessThan(300);
  });
});
