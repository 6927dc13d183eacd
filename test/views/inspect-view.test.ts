import { expect, test } from 'vitest';

import { inspectView } from '../../src/views/inspect-view.ts';
import { sampleInspection } from './sample-results.ts';

test('a bundle with profiles and images', () => {
  const digests = sampleInspection.inventory.images.map(({ digest }) => digest.slice(7, 19));
  expect(inspectView(sampleInspection)).toBe(
    `/media/stick/core-edge-1a2b3c4d.tar.zst
  name        edge
  id          1a2b3c4d
  format      version 1, plain
  written by  palette-edge 0.1.0
  size        1.20 GB
  content     1 blob, 1.23 GB
  profile     edge 1.0.0 (cluster)
  profile     shop (add-on)

IMAGE                         DIGEST        PLATFORMS                 LEFT OUT
docker.io/library/nginx:1.27  ${digests[0]}  linux/amd64, linux/arm64  -
ghcr.io/org/app:1.0           ${digests[1]}  linux/amd64               linux/arm64, linux/arm/v7
ghcr.io/org/chart:1.0         ${digests[2]}  -                         -`,
  );
});

test('without images that were cut down to some platforms that column is not there', () => {
  const images = sampleInspection.inventory.images.slice(0, 1);
  const inventory = { ...sampleInspection.inventory, images };
  expect(
    inspectView({ ...sampleInspection, inventory })
      .split('\n')
      .slice(10),
  ).toEqual([
    'IMAGE                         DIGEST        PLATFORMS',
    `docker.io/library/nginx:1.27  ${images[0]?.digest.slice(7, 19)}  linux/amd64, linux/arm64`,
  ]);
});

test('a bundle of nothing', () => {
  const inventory = { ...sampleInspection.inventory, profiles: [], images: [], blobs: [] };
  expect(inspectView({ ...sampleInspection, path: 'x.tar.zst', size: 900, contentSize: 0, inventory })).toBe(
    `x.tar.zst
  name        edge
  id          1a2b3c4d
  format      version 1, plain
  written by  palette-edge 0.1.0
  size        900 B
  content     0 blobs, 0 B

IMAGE  DIGEST  PLATFORMS`,
  );
});

test('a profile is shown with what it has', () => {
  const named = (name: string, version: string, type: string) => ({ name, version, type });
  const profiles = [named('', '', ''), named('p'.repeat(1024), '1', 'infra')];
  const inventory = { ...sampleInspection.inventory, profiles, images: [] };
  expect(
    inspectView({ ...sampleInspection, inventory })
      .split('\n')
      .filter((line) => line.includes('profile ')),
  ).toEqual(['  profile     ()', `  profile     ${'p'.repeat(1024)} 1 (infra)`]);
});
