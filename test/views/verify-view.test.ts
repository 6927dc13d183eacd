import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { verifyView } from '../../src/views/verify-view.ts';
import type { VerifyResult } from '../../src/workflows/verify-bundle.ts';

const whole: VerifyResult = {
  path: '/media/stick/core-edge-1a2b3c4d.tar.zst',
  id: '1a2b3c4d',
  name: 'edge',
  images: 1,
  companions: 0,
  blobs: 41,
  bytes: 1_234_567_890,
  problems: [],
};

test('a bundle that is whole is one line', () => {
  expect(verifyView(whole)).toBe(
    '/media/stick/core-edge-1a2b3c4d.tar.zst is whole: edge 1a2b3c4d, 1 image, 41 blobs, 1.23 GB',
  );
});

test('parts are counted, and those to copy again are named', () => {
  const parts = { names: ['a.part00', 'a.part01'], isListed: true, damaged: [] };
  expect(verifyView({ ...whole, parts })).toContain('41 blobs, 1.23 GB, 2 parts');
  const problems = [{ path: 'a.part01', images: [], message: 'it has another sha256' }];
  const damaged = verifyView({ ...whole, problems, parts: { ...parts, damaged: ['a.part01'] } });
  expect(damaged.split('\n').slice(1)).toEqual([
    '  a.part01: it has another sha256',
    'Copy a.part01 again from where it was made, or build it again.',
  ]);
});

test('of what is on a drive nothing is copied: the drive is to be written again', () => {
  const problems = [{ path: 'blobs/sha256/1', images: [], message: 'it has another sha256' }];
  const ofDrive = verifyView({ ...whole, path: '/dev/sdb', problems });
  expect(ofDrive).toMatch(/\nWrite the drive again: palette-edge usb write FILE\.iso DRIVE; .*$/);
  expect(ofDrive).not.toContain('Copy');
});

test('companions are counted beside the images', () => {
  expect(verifyView({ ...whole, companions: 12 })).toContain('1 image, 12 companions, 41 blobs');
});

test('a damaged bundle: every blob and file that is wrong, and who needs it', () => {
  const digest = digestOf('layer');
  const problems = [
    {
      path: `blobs/sha256/${digest.slice(7)}`,
      digest,
      role: 'layer' as const,
      images: ['docker.io/library/nginx:1.27', 'ghcr.io/org/app:1.0'],
      message: 'its bytes have another digest',
    },
    { path: 'index.json', images: [], message: 'it does not agree with the inventory and the manifests' },
  ];
  expect(verifyView({ ...whole, problems })).toBe(
    `/media/stick/core-edge-1a2b3c4d.tar.zst is damaged: 2 problems in edge 1a2b3c4d (1 image, 41 blobs, 1.23 GB)
  layer ${digest}: its bytes have another digest
    needed by docker.io/library/nginx:1.27
    needed by ghcr.io/org/app:1.0
  index.json: it does not agree with the inventory and the manifests
Copy the bundle again from where it was made, or build it again.`,
  );
});

test('a blob that no inventory lists is named by its path', () => {
  const digest = digestOf('unlisted');
  const path = `blobs/sha256/${digest.slice(7)}`;
  const problems = [{ path, digest, images: ['a.io/b:1'], message: 'the bundle does not hold it' }];
  expect(
    verifyView({ ...whole, problems })
      .split('\n')
      .slice(0, 3),
  ).toEqual([
    '/media/stick/core-edge-1a2b3c4d.tar.zst is damaged: 1 problem in edge 1a2b3c4d (1 image, 41 blobs, 1.23 GB)',
    `  ${path}: the bundle does not hold it`,
    '    needed by a.io/b:1',
  ]);
});

test('a damaged raw file is told by its names', () => {
  const digest = digestOf('file');
  const problems = [
    {
      path: `blobs/sha256/${digest.slice(7)}`,
      digest,
      role: 'file' as const,
      images: [],
      files: ['docs/a', 'b'],
      message: 'broken',
    },
  ];
  expect(
    verifyView({ ...whole, problems })
      .split('\n')
      .slice(1, 4),
  ).toEqual([`  file ${digest}: broken`, '    needed by the file docs/a', '    needed by the file b']);
});
