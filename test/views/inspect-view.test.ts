import { expect, test } from 'vitest';

import { inspectView } from '../../src/views/inspect-view.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { fallbackTag } from '../../src/oci/companion-tags.ts';
import { bundledImage, sampleInspection } from './sample-results.ts';

type BundledImage = ReturnType<typeof bundledImage>;

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

test('a bundle in parts names the first and the last', () => {
  const files = [0, 1].map((index) => ({ name: `edge.tar.zst.part0${index}`, size: 5 }));
  const lines = inspectView({ ...sampleInspection, parts: { files } }).split('\n');
  expect(lines.slice(5, 7)).toEqual([
    '  size        1.20 GB',
    '  parts       2 parts, edge.tar.zst.part00 to edge.tar.zst.part01',
  ]);
  const one = inspectView({ ...sampleInspection, parts: { files: files.slice(1) } });
  expect(one).toContain('  parts       1 part, edge.tar.zst.part01\n');
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

const app = bundledImage('ghcr.io/org/app:1.0', ['linux/amd64']);
const copy = bundledImage('ghcr.io/org/app:1.1', ['linux/amd64']);

function companionOf(
  reference: string,
  owners: readonly BundledImage[],
  artifactType?: string,
): BundledImage {
  const origins = owners.map(
    (owner) => ({ kind: 'referrer', of: owner.reference, subject: owner.digest }) as const,
  );
  return { ...bundledImage(reference, []), artifactType, origins };
}

function rowsOf(images: readonly BundledImage[]): string[] {
  const sorted = images.toSorted((left, right) => (left.reference < right.reference ? -1 : 1));
  const inventory = { ...sampleInspection.inventory, images: sorted };
  return inspectView({ ...sampleInspection, inventory })
    .split('\n')
    .slice(10);
}

function shortDigest({ digest }: BundledImage): string {
  return digest.slice(7, 19);
}

test('companions are below their images, with what they are', () => {
  const sbomDigest = digestOf('sbom');
  const sbom = companionOf(`ghcr.io/org/app@${sbomDigest}`, [app], 'application/spdx+json');
  const signature = companionOf(`ghcr.io/org/app:${fallbackTag(sbomDigest)}.sig`, [sbom]);
  const hex = sbomDigest.slice(7, 19);
  expect(rowsOf([app, copy, signature, sbom])).toEqual([
    'IMAGE                         DIGEST        PLATFORMS OR TYPE',
    `ghcr.io/org/app:1.0           ${shortDigest(app)}  linux/amd64`,
    `  @sha256:${hex}…       ${shortDigest(sbom)}  application/spdx+json`,
    `    sha256-${hex}….sig  ${shortDigest(signature)}  -`,
    `ghcr.io/org/app:1.1           ${shortDigest(copy)}  linux/amd64`,
  ]);
});

test('a companion of two images is below both, its own companions once; circles end', () => {
  const shared = companionOf('ghcr.io/org/app:shared', [app, copy]);
  const first = companionOf('ghcr.io/org/app:first', [shared]);
  const second = companionOf('ghcr.io/org/app:second', [first]);
  const circle = { ...first, origins: [...first.origins, ...companionOf('x', [second]).origins] };
  const names = rowsOf([app, copy, shared, circle, second]).map((row) => row.trim().split(' ')[0]);
  expect(names).toEqual([
    'IMAGE',
    'ghcr.io/org/app:1.0',
    'shared',
    'first',
    'second',
    'first',
    'ghcr.io/org/app:1.1',
    'shared',
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

test('a cluster definition has its line', () => {
  const path = 'palette-edge/cluster-definition/store-17.tgz';
  const files = [
    { path: 'palette-edge/profiles/edge.json', size: 100, digest: digestOf('profile') },
    { path, size: 12_345, digest: digestOf('definition') },
  ];
  const lines = inspectView({
    ...sampleInspection,
    inventory: { ...sampleInspection.inventory, files },
  }).split('\n');
  expect(lines.filter((line) => line.includes('definition'))).toEqual([
    '  cluster definition  store-17.tgz, 12.3 kB',
  ]);
});

test('raw files have a table of their own, and renamed images a column', () => {
  const images = sampleInspection.inventory.images
    .slice(0, 1)
    .map((image) => ({ ...image, sourceReference: 'docker.io/library/other:1' }));
  const digest = digestOf('file');
  const rawFiles = [{ name: 'models/a.bin', digest, size: 2_000_000 }];
  const lines = inspectView({
    ...sampleInspection,
    inventory: { ...sampleInspection.inventory, images, rawFiles },
  }).split('\n');
  expect(lines.find((line) => line.startsWith('IMAGE'))).toMatch(/ RENAMED FROM$/);
  expect(lines.find((line) => line.startsWith('docker.io/library/nginx'))).toMatch(
    / docker\.io\/library\/other:1$/,
  );
  expect(lines.slice(-2)).toEqual([
    'FILE          DIGEST        SIZE',
    `models/a.bin  ${digest.slice(7, 19)}  2.00 MB`,
  ]);
});
