import { join } from 'node:path';

import { planBundle } from '../../src/bundle/plan-bundle.ts';
import { partsListName } from '../../src/bundle/parts-list.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import type { WriteOutputOptions } from '../../src/workflows/write-output.ts';
import type { WrittenParts } from '../../src/workflows/write-parts.ts';
import { noise, sampleContent } from './sample-bundle.ts';
import { MemoryBlobs } from './sample-images.ts';

/** The name of the sample that is split. */
export const splitName = 'edge.tar.zst';

/** A bundle that lies in a folder in parts. */
export interface SplitBundle extends WrittenParts {
  /** What the parts are joined to; no such file is there. */
  readonly path: string;
}

/** How the sample is written; in parts of 8192 bytes unless said otherwise. */
export async function splitOptions(
  folder: string,
  options: Partial<WriteOutputOptions> & { readonly seed?: number } = {},
): Promise<WriteOutputOptions> {
  const { seed, ...rest } = options;
  const blobs = new MemoryBlobs();
  const content = await sampleContent(blobs);
  const extras =
    seed === undefined
      ? content.extras
      : [{ path: 'palette-edge/profiles/seed.json', bytes: noise(20_000, seed) }];
  return {
    plan: planBundle({ ...content, extras }),
    blobs,
    path: join(folder, splitName),
    split: { partSize: 8192, style: 'plain' },
    compressionLevel: 3,
    signal: new AbortController().signal,
    onBytes: () => undefined,
    ...rest,
  };
}

/** Writes the sample in parts. */
export async function splitBundle(
  folder: string,
  options: Parameters<typeof splitOptions>[1] = {},
): Promise<SplitBundle> {
  const all = await splitOptions(folder, options);
  const written = await writeOutput(all);
  if (!('parts' in written)) throw new Error(`${partsListName(splitName)} was not written`);
  return { ...written, path: all.path };
}
