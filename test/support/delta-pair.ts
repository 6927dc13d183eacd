import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { bundleIn, layeredBundle, makeDelta, wordsLayer } from './delta-bundles.ts';
import { requireTool } from './required-tools.ts';

/** Two versions of a bundle of one image, without raw files, and what is between them; all by their paths. */
export interface DeltaPair {
  readonly old: string;
  readonly next: string;
  readonly delta: string;
  /** Of the image in the second version, which has the same name in the first. */
  readonly digest: Digest;
}

/** The image of {@link DeltaPair}. */
export const pairImage = 'quay.io/org/image:0';

/** Writes them into a folder. */
export async function deltaPair(folder: string): Promise<DeltaPair> {
  const write = async (name: string, added: string): Promise<string> =>
    await bundleIn(folder, name, await layeredBundle({ images: [[wordsLayer(1), wordsLayer(2, added)]] }));
  const old = await write('v1.tar.zst', '');
  const next = await write('v2.tar.zst', 'second');
  const delta = join(folder, 'v2.delta.tar.zst');
  await makeDelta(next, { bases: [old], output: delta });
  const images = await withBundle(next, async ({ inventory }) => await Promise.resolve(inventory.images));
  const image = images.at(0);
  if (image === undefined) throw new Error('it has an image');
  return { old, next, delta, digest: image.digest };
}

/** What `build` is given to make the delta bundle `edge.delta.tar.zst` of a pair without a registry. Its layer is described by an older one. */
export function deltaFlags({ digest }: Pick<DeltaPair, 'digest'>): readonly string[] {
  const content = ['--image', `${pairImage}@${digest}`, '--existing-bundle', 'v2.tar.zst'];
  return [...content, '--base', 'v1.tar.zst', '--store', 'store', '--output', 'edge.delta.tar.zst'];
}

/**
 * The digest of the manifest that skopeo reads.
 *
 * @param place with its transport: `oci-archive:image.tar:name`
 */
export async function skopeoDigest(place: string, ...flags: readonly string[]): Promise<Digest> {
  const args = ['inspect', '--raw', ...flags, place];
  const { stdout } = await promisify(execFile)(requireTool('skopeo'), args);
  return digestOf(stdout);
}
