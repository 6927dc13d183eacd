import { digestOf } from '../../src/oci/digest.ts';
import type { Origin } from '../../src/oci/origin.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { InspectResult } from '../../src/workflows/inspect-bundle.ts';
import type { BuildPlan } from '../../src/workflows/plan-build.ts';

/** Origins of every kind. */
export const sampleOrigins: readonly Origin[] = [
  { kind: 'flag' },
  { kind: 'list', file: 'images.txt', line: 3 },
  { kind: 'manifest', file: 'shop.yaml', line: 12, key: 'spec.containers[0].image' },
  { kind: 'profile', profile: 'edge', pack: 'calico', key: 'pack.content.images[2]', line: 7 },
];

/** A plan over two registries, store and bundle on one disk. */
export const samplePlan: BuildPlan = {
  bundle: { name: 'edge', id: '1a2b3c4d', path: 'content-1a2b3c4d/core-edge-1a2b3c4d.tar.zst' },
  images: 3,
  blobs: 41,
  bytes: 1_234_567_890,
  bytesToPull: 1_000_000_000,
  bytesInStore: 234_567_890,
  registries: [
    { registry: 'docker.io', images: 1, bytes: 234_567_890, bytesToPull: 0 },
    { registry: 'registry.example.com:5000', images: 2, bytes: 1_000_000_000, bytesToPull: 1_000_000_000 },
  ],
  expectedBundleSize: 1_240_000_000,
  space: {
    store: { path: '/var/store', free: 9_000_000_000, needed: 1_000_000_000 },
    output: { path: 'content-1a2b3c4d', free: 9_000_000_000, needed: 1_240_000_000 },
    isShared: true,
  },
};

/** A bundle in one file. */
export const sampleBundleFile: NonNullable<BuildResult['bundle']> = {
  path: samplePlan.bundle.path,
  name: 'edge',
  id: '1a2b3c4d',
  size: 1_200_000_001,
  sha256: 'ab'.repeat(32),
};

/** What a build without any trouble did. */
export const sampleBuild: BuildResult = {
  bundle: sampleBundleFile,
  plan: samplePlan,
  images: [],
  failures: [],
  warnings: [],
  statistics: { bytesPulled: 1_000_000_000, bytesReused: 234_567_890, retries: 0, seconds: 250.4 },
};

/** An image as an inventory lists it. */
export function bundledImage(
  reference: string,
  platforms: readonly string[],
  omittedPlatforms: readonly string[] = [],
): InspectResult['inventory']['images'][number] {
  return {
    reference,
    digest: digestOf(reference),
    size: 500,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    platforms,
    omittedPlatforms,
    origins: [{ kind: 'flag' }],
  };
}

/** A bundle with three images, of which one was cut down to a platform and one has none. */
export const sampleInspection: InspectResult = {
  path: '/media/stick/core-edge-1a2b3c4d.tar.zst',
  id: '1a2b3c4d',
  size: 1_200_000_001,
  contentSize: 1_234_567_890,
  inventory: {
    formatVersion: 1,
    mode: 'plain',
    name: 'edge',
    tool: { name: 'palette-edge', version: '0.1.0' },
    profiles: [
      { name: 'edge', version: '1.0.0', type: 'cluster' },
      { name: 'shop', version: '', type: 'add-on' },
    ],
    images: [
      bundledImage('docker.io/library/nginx:1.27', ['linux/amd64', 'linux/arm64']),
      bundledImage('ghcr.io/org/app:1.0', ['linux/amd64'], ['linux/arm64', 'linux/arm/v7']),
      bundledImage('ghcr.io/org/chart:1.0', []),
    ],
    charts: [],
    files: [],
    blobs: [
      { digest: digestOf('blob'), size: 1_234_567_890, mediaType: 'application/octet-stream', role: 'layer' },
    ],
  },
};
