import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { blobsOf } from '../pull/image-set.ts';
import { startServe } from '../serve/served-process.ts';
import { timedRun } from '../timed-run.ts';
import type { BenchPlace } from './bench-place.ts';
import type { MadeBundle } from './squeeze-runs.ts';

/** What a copy of all images from a bundle that is served took. */
export interface ServedCopy {
  /** Of skopeo, for all images, one after the other. */
  readonly seconds: number;
  /** The most memory that `serve` had, in bytes. */
  readonly peak: number;
  /** Manifests, configs and layers whose digests are the originals'. */
  readonly digests: number;
}

const port = 5098;

/**
 * Serves a bundle, and copies all its images with skopeo, each blob once.
 *
 * @throws Error when a blob is missing, or has another digest
 */
export async function copyServed(place: BenchPlace, { path }: MadeBundle): Promise<ServedCopy> {
  const folder = join(place.work, 'copy');
  await mkdir(join(folder, 'layouts'), { recursive: true });
  const serve = startServe(['sh', '-c', `exec ${place.ours} serve "$@"`, 'sh', path], port);
  try {
    await (await serve.get('')).toArray();
    const copies = place.images.map(
      ({ name }) =>
        `timeout ${place.limit} skopeo copy -q --all --preserve-digests --src-tls-verify=false ` +
        `--dest-shared-blob-dir blobs docker://127.0.0.1:${port}/bench/${name}:1 oci:layouts/${name}:1`,
    );
    const env = { PATH: place.path };
    const seconds = await timedRun(['sh', '-ec', copies.join('\n')], { cwd: folder, env });
    const peak = serve.peak();
    return { seconds, peak, digests: await checkCopies(place, join(folder, 'blobs', 'sha256')) };
  } finally {
    await serve.stop();
    await rm(folder, { recursive: true });
  }
}

async function checkCopies({ images }: BenchPlace, folder: string): Promise<number> {
  const expected = [...blobsOf(images).keys()];
  for (const digest of expected) {
    const hex = digest.replace('sha256:', '');
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, hex)), hash);
    const actual = hash.digest('hex');
    if (actual !== hex) throw new Error(`${digest} came as sha256:${actual}`);
  }
  return expected.length;
}
