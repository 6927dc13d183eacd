import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { hashHere } from '../../src/io/hash-thread.ts';
import { createIso } from '../../src/workflows/create-iso.ts';
import type { CreatedIso, CreateIsoInput, IsoResources } from '../../src/workflows/create-iso.ts';
import { requireTool } from './required-tools.ts';
import { sampleBundle } from './sample-bundle.ts';
import type { SampleBundle } from './sample-bundle.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A bundle in a folder of the running test. */
export interface BundleFile {
  readonly folder: string;
  readonly path: string;
  readonly sample: SampleBundle;
}

/** Writes the usual sample. */
export async function bundleFile(name = 'edge.tar.zst'): Promise<BundleFile> {
  const folder = await temporaryFolder();
  const path = join(folder, name);
  const sample = await sampleBundle();
  await writeFile(path, sample.bytes);
  return { folder, path, sample };
}

/** The real parts, without progress. */
export function isoResources(changes: Partial<IsoResources> = {}): IsoResources {
  return {
    xorriso: requireTool('xorriso'),
    hasher: hashHere,
    listener: { onPhase: () => undefined, onBytes: () => undefined },
    ...changes,
  };
}

/** Makes an image of bundles. */
export async function makeIso(
  bundles: readonly string[],
  changes: Partial<CreateIsoInput> = {},
): Promise<CreatedIso> {
  const input = { bundles, label: 'COS_CONTENT', folder: '', files: [], ...changes };
  return await createIso(input, isoResources(), new AbortController().signal);
}
