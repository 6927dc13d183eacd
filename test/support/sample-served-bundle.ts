import type { ImageToBundle } from '../../src/bundle/plan-bundle.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { imageToBundle, noise, sampleContent, writeSample } from './sample-bundle.ts';
import type { SampleBundle } from './sample-bundle.ts';
import { chartToBundle, sampleChart } from './sample-charts.ts';
import { sampleCompanions } from './sample-companions.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from './sample-images.ts';

const servedReferences = {
  app: 'ghcr.io/org/app:1.0',
  nginx: 'docker.io/library/nginx:1.27',
  local: 'localhost:5000/org/tool:2',
  chart: 'charts.example.com/stable/thing:1.2.3_b5',
} as const;

/** A bundle with all that can be served, and what of it is asked for. */
export interface SampleServedBundle extends SampleBundle {
  /** The image index that has all kinds of companions. */
  readonly app: Descriptor;
  readonly amd64: Descriptor;
  readonly arm64: Descriptor;
  readonly nginx: Descriptor;
  readonly local: Descriptor;
  /** The `.tgz`. */
  readonly chart: Buffer;
}

/**
 * An image index with companions, a Docker image, one of a registry with a port, one that is named by its digest only, and a
 * chart. The layer of `amd64` is the largest blob by far: it takes several pieces.
 */
export async function sampleServedBundle(): Promise<SampleServedBundle> {
  const blobs = new MemoryBlobs();
  const amd64 = addImage(blobs, noise(700_000, 1));
  const arm64 = addImage(blobs, 'arm', { platform: { os: 'linux', architecture: 'arm64' } });
  const app = addIndex(blobs, [amd64, arm64]);
  const nginx = addImage(blobs, 'nginx', { docker: true });
  const local = addImage(blobs, 'local');
  const chart = await sampleChart('thing', '1.2.3+b5');
  const { app: appName, chart: chartName } = servedReferences;
  const image = async (reference: string, root: Descriptor): Promise<ImageToBundle> =>
    imageToBundle(reference, await graphOf(blobs, root));
  const images = [
    await image(appName, app),
    await image(servedReferences.nginx, nginx),
    await image(servedReferences.local, local),
    await image(`quay.io/org/pinned@${local.digest}`, local),
    ...(await sampleCompanions(blobs, { repository: 'ghcr.io/org/app', tag: '1.0', root: app })),
    await chartToBundle(blobs, {
      reference: chartName,
      source: 'https://charts.example.com/stable',
      archive: chart,
    }),
  ];
  const sample = await writeSample({ ...(await sampleContent(blobs)), images }, blobs);
  return { ...sample, app, amd64, arm64, nginx, local, chart };
}
