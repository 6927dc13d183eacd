import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import type { ErrorKind } from '../../src/errors.ts';
import type { Origin } from '../../src/oci/origin.ts';
import { failedImagesError, toImageFailure } from '../../src/workflows/image-failure.ts';
import type { ImageFailure } from '../../src/workflows/image-failure.ts';
import { thrown } from '../support/sample-profiles.ts';

const origins: readonly Origin[] = [
  { kind: 'flag' },
  { kind: 'profile', profile: 'edge', pack: 'calico', key: 'pack.content.images[0]', line: 4 },
];

function failure(name: string, kind: ErrorKind, suggestions: readonly string[] = []): ImageFailure {
  const error = new PaletteEdgeError(`CODE_${kind.toUpperCase()}`, `${name}: it failed`, {
    kind,
    suggestions,
  });
  return { name, origins, error };
}

test('every image is told with its reason and who asked for it', () => {
  const failures = [
    failure('a.io/one:1', 'notFound', ['Check the spelling.']),
    failure('a.io/two:1', 'notFound', ['Check the spelling.', 'Ask its owner.']),
  ];
  const error = failedImagesError(failures, { images: 3, charts: 0 });
  expect(error).toMatchObject({ code: 'IMAGES_FAILED', kind: 'notFound' });
  expect(error.message).toBe(
    `2 of 3 images failed; no bundle was written
  a.io/one:1
    a.io/one:1: it failed
    asked for by --image; profile edge, pack calico, pack.content.images[0] (line 4)
  a.io/two:1
    a.io/two:1: it failed
    asked for by --image; profile edge, pack calico, pack.content.images[0] (line 4)`,
  );
});

test('charts are counted as charts, and told as such', () => {
  const chart = { ...failure('chart web 1.0.0 of https://a.io', 'notFound'), isChart: true };
  const image = failure('a.io/one:1', 'notFound');
  const titleOf = (failures: readonly ImageFailure[]) =>
    failedImagesError(failures, { images: 3, charts: 2 }).message.split('\n').at(0);
  expect(titleOf([image, chart])).toBe('1 of 3 images and 1 of 2 charts failed; no bundle was written');
  expect(titleOf([chart])).toBe('1 of 2 charts failed; no bundle was written');
  const { details } = failedImagesError([image, chart], { images: 3, charts: 2 });
  expect(details).toMatchObject({ failures: [{ reference: 'a.io/one:1' }, { isChart: true }] });
});

test('nobody is told to add a flag that the command does not have', () => {
  const error = failedImagesError([failure('a.io/one:1', 'notFound')], { images: 3, charts: 0 }, true);
  expect(error.message).toMatch(/^1 of 3 images failed\n/);
  expect(error.suggestions).toEqual([]);
});

test('each suggestion is made once', () => {
  const failures = [
    failure('a.io/one:1', 'notFound', ['Check the spelling.']),
    failure('a.io/two:1', 'notFound', ['Check the spelling.', 'Ask its owner.']),
  ];
  expect(failedImagesError(failures, { images: 3, charts: 0 }).suggestions).toEqual([
    'Check the spelling.',
    'Ask its owner.',
    'To write a bundle without what failed, add --skip-missing.',
  ]);
});

test('nobody is told to skip all images', () => {
  expect(failedImagesError([failure('a.io/one:1', 'network')], { images: 1, charts: 0 }).suggestions).toEqual(
    [],
  );
});

test('the details have every failure as plain data', () => {
  const { details } = failedImagesError([failure('a.io/one:1', 'network')], { images: 2, charts: 0 });
  expect(JSON.parse(JSON.stringify(details))).toEqual({
    failures: [{ reference: 'a.io/one:1', code: 'CODE_NETWORK', message: 'a.io/one:1: it failed', origins }],
  });
});

test.each<[kinds: ErrorKind[], kind: ErrorKind, exitCode: number]>([
  [['network'], 'network', 6],
  [['failure', 'network'], 'network', 6],
  [['network', 'content'], 'content', 5],
  [['network', 'content', 'notFound'], 'notFound', 4],
  [['network', 'notFound', 'authentication', 'content'], 'authentication', 3],
  [['failure'], 'failure', 1],
])('failures of the kinds %j end with %s, %d, in any order', (kinds, kind, exitCode) => {
  const failures = kinds.map((each) => failure('a.io/one:1', each));
  for (const order of [failures, failures.toReversed()]) {
    expect(failedImagesError(order, { images: 9, charts: 0 })).toMatchObject({
      kind,
      oclif: { exit: exitCode },
    });
  }
});

test.each<ErrorKind>(['authentication', 'notFound', 'content', 'network', 'failure'])(
  'an error of kind %s is the fault of its image',
  (kind) => {
    const { name, error } = failure('a.io/one:1', kind);
    expect(toImageFailure({ name, origins }, error)).toEqual({ name, origins, error });
  },
);

test.each<ErrorKind>(['disk', 'usage'])('an error of kind %s ends all', (kind) => {
  const { name, error } = failure('a.io/one:1', kind);
  expect(thrown(() => toImageFailure({ name, origins }, error))).toBe(error);
});

test.each([new TypeError('a bug'), new DOMException('aborted', 'AbortError'), 'text'])(
  'what is no failure of ours ends all: %s',
  (error) => {
    expect(() => toImageFailure({ name: 'a.io/one:1', origins }, error)).toThrow(
      expect.toSatisfy((caught: unknown) => caught === error),
    );
  },
);
