import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { loadView } from '../../src/views/load-view.ts';
import type { LoadResult } from '../../src/workflows/load-bundle.ts';

const image = {
  reference: 'ghcr.io/org/app:1',
  names: ['ghcr.io/org/app:1'],
  digest: digestOf('a'),
  platforms: ['linux/amd64'],
  isPresent: false,
  isUncompressed: false,
};
const result: LoadResult = {
  bundle: { path: 'edge.tar.zst', id: '1a2b3c4d', name: 'edge' },
  isDryRun: false,
  into: 'containerd, namespace k8s.io',
  images: [image],
  failures: [],
  skipped: [],
  warnings: [],
  bytes: 1_234_567,
  seconds: 35,
};

test('what was loaded', () => {
  expect(loadView(result).split('\n')).toEqual([
    'Loaded into containerd, namespace k8s.io',
    '  from    edge.tar.zst, edge 1a2b3c4d',
    '  images  1',
    '  sent    1.23 MB, in 35 s',
  ]);
});

test('what was there, what is not loaded, and what failed', () => {
  const origins = [{ kind: 'flag' }] as const;
  const shown = loadView({
    ...result,
    images: [image, { ...image, isPresent: true }],
    skipped: ['charts.example.com/web:1'],
    failures: [{ reference: 'a.io/b:1', code: 'NOT_LOADED', message: 'it was sent', origins }],
  });
  expect(shown).toContain('there before  1');
  expect(shown).toContain('not loaded    1 that no container can run');
  expect(shown).toContain('1 image failed:\n  a.io/b:1\n    it was sent\n    asked for by');
});

test('how many images have layers that are not compressed', () => {
  const shown = loadView({ ...result, images: [image, { ...image, isUncompressed: true }] });
  expect(shown).toContain('uncompressed  layers of 1 image: ids as in the bundle, other digests');
});

test('what would be loaded, by name', () => {
  const there = { ...image, names: ['ghcr.io/org/other:1'], isPresent: true };
  const dry = { ...result, isDryRun: true, images: [image, there], skipped: ['charts.example.com/web:1'] };
  expect(loadView(dry).split('\n')).toEqual([
    'NAME                 STATE',
    'ghcr.io/org/app:1    to load',
    'ghcr.io/org/other:1  there',
    '',
    'Would send 1.23 MB to containerd, namespace k8s.io, which has 1 of 2 images',
    '1 that no container can run would not be loaded',
  ]);
});

test('a file that would be written', () => {
  const dry = { ...result, isDryRun: true, file: 'images/edge-1a2b3c4d.tar' };
  expect(loadView(dry)).toMatch(/to write\n\nWould write images\/edge-1a2b3c4d\.tar, 1\.23 MB$/);
  const again = loadView({ ...dry, images: [{ ...image, isPresent: true }] });
  expect(again).toMatch(/in the file that is there\n\nWould write .*, 1\.23 MB, in place of the same$/);
});

test('an archive by its path', () => {
  const shown = loadView({ ...result, into: 'images', file: 'images/edge-1a2b3c4d.tar' });
  expect(shown).toMatch(/^Wrote images\/edge-1a2b3c4d\.tar\n/);
  expect(shown).toContain('written  1.23 MB');
});
