import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { hashHere } from '../../src/io/hash-thread.ts';
import type { KnownAnalyses } from '../../src/workflows/analyze-layers.ts';
import { squeezeBundle } from '../../src/workflows/squeeze-bundle.ts';
import type { SqueezeInput, SqueezeResult } from '../../src/workflows/squeeze-bundle.ts';
import { unsqueezeBundle } from '../../src/workflows/unsqueeze-bundle.ts';
import type { UnsqueezeInput, UnsqueezeResult } from '../../src/workflows/unsqueeze-bundle.ts';
import { temporaryFolder } from './temporary-folder.ts';

const quiet = { onPhase: () => undefined, onBytes: () => undefined };
const tool = { name: 'palette-edge', version: '0.1.0' };
const never = new AbortController().signal;

/** Squeezes as the command does, without a terminal. */
export async function squeeze(
  path: string,
  { known, ...input }: Partial<SqueezeInput> & { readonly known?: KnownAnalyses } = {},
): Promise<SqueezeResult> {
  const resources = { hasher: hashHere, tool, known, listener: quiet };
  return await squeezeBundle({ path, output: undefined, effort: 'fast', ...input }, resources, never);
}

/** Unsqueezes as the command does, without a terminal. */
export async function unsqueeze(path: string, input: Partial<UnsqueezeInput> = {}): Promise<UnsqueezeResult> {
  const listener = { onStart: () => undefined, onBytes: () => undefined };
  return await unsqueezeBundle({ path, output: undefined, ...input }, { hasher: hashHere, listener }, never);
}

/** A bundle, and what squeezing made of it, in a folder of the running test. */
export async function squeezedFiles(bytes: Uint8Array) {
  const folder = await temporaryFolder();
  const plain = join(folder, 'edge.tar.zst');
  await writeFile(plain, bytes);
  const result = await squeeze(plain);
  return { folder, plain, squeezed: result.bundle.path, result };
}

/** What squeezing makes of a bundle: for several tests. */
export async function squeezedBytes(bytes: Uint8Array): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  try {
    const plain = join(folder, 'edge.tar.zst');
    await writeFile(plain, bytes);
    return await readFile((await squeeze(plain)).bundle.path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
