import { expect, test } from 'vitest';

import { imageSources } from '../../src/cli/image-source-flags.ts';
import { everythingShown } from '../support/rejection.ts';
import { thrown } from '../support/sample-profiles.ts';

const none = { profile: [], image: ['nginx:1'], 'images-file': [], manifest: [], var: [], macro: [] };

test('flags become sources, in the order given', () => {
  expect(
    imageSources({
      profile: ['b.json', 'a.yaml'],
      image: ['nginx:1'],
      'images-file': ['list.txt'],
      manifest: ['shop.yaml'],
      var: ['Registry=a.io'],
      macro: ['system.kubernetes.version=1.33.5'],
    }),
  ).toEqual({
    profiles: ['b.json', 'a.yaml'],
    images: ['nginx:1'],
    charts: [],
    imagesFiles: ['list.txt'],
    manifests: ['shop.yaml'],
    variables: new Map([['Registry', 'a.io']]),
    macros: new Map([['system.kubernetes.version', '1.33.5']]),
  });
});

test.each([
  ['a value with equals signs', ['A=b=c=='], [['A', 'b=c==']]],
  ['an empty value', ['A='], [['A', '']]],
  ['blanks and line breaks in a value', ['A= b\nc '], [['A', ' b\nc ']]],
  [
    'names that objects have',
    ['__proto__=1', 'constructor=2'],
    [
      ['__proto__', '1'],
      ['constructor', '2'],
    ],
  ],
  [
    'a name given twice: the last one counts',
    ['A=1', 'B=2', 'A=3'],
    [
      ['A', '3'],
      ['B', '2'],
    ],
  ],
])('%s', (_what, texts, entries) => {
  expect([...imageSources({ ...none, var: texts }).variables]).toEqual(entries);
  expect([...imageSources({ ...none, macro: texts }).macros]).toEqual(entries);
});

test.each(['s3cret', '=s3cret', '=', ''])(
  'an assignment without name or value is refused and not told: %j',
  (text) => {
    for (const flag of ['var', 'macro'] as const) {
      const error = thrown(() => imageSources({ ...none, [flag]: ['A=1', text] }));
      expect(error).toMatchObject({
        code: 'ASSIGNMENT_INVALID',
        kind: 'usage',
        message: `--${flag} has no name or no value`,
        suggestions: [`Expected --${flag} NAME=VALUE.`],
      });
      expect(everythingShown(error)).not.toContain('s3cret');
    }
  },
);

test('nothing at all is refused: it would silently be nothing to do', () => {
  const error = thrown(() => imageSources({ ...none, image: [], var: ['A=1'] }));
  expect(error).toMatchObject({ code: 'NO_INPUT', kind: 'usage' });
});
