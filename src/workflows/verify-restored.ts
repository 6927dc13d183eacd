import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';

import type { BundleReader } from '../bundle/bundle-reader.ts';
import type { BundledBlob } from '../bundle/inventory.ts';
import { blobPath } from '../bundle/oci-documents.ts';
import type { VerifyProblem } from '../bundle/verify-bundle.ts';
import { PaletteEdgeError } from '../errors.ts';
import { totalSize } from '../io/total-size.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { SqueezeThreads } from '../squeeze/squeeze-threads.ts';
import { unvouchedLayers } from './unvouched-layers.ts';
import type { VerifyListener } from './verify-bundle.ts';

/** How what a bundle stands for is verified. */
export interface VerifyRestoredOptions {
  /** Whether the bundle must be signed: then a squeezed one is looked at, too. */
  readonly isSigned: boolean;
  readonly listener: VerifyListener;
  readonly signal: AbortSignal;
}

/**
 * Reads all that a delta bundle stands for, its bases included: every blob is restored and hashed. Nothing of one without its bases: what is
 * in those is checked in the tar.
 *
 * Of a squeezed bundle whoever signed it has signed the layers as registries have them. What is in their place in the tar is not signed, and
 * other tools take that. A layer of which the images do not tell what it is (see {@link unvouchedLayers}) is restored: that must be what it
 * decompresses to, and give it back.
 */
export async function verifyRestored(
  reader: BundleReader,
  options: VerifyRestoredOptions,
): Promise<VerifyProblem[]> {
  const { squeezed } = reader.stored;
  if (squeezed === undefined || reader.lacksBases) return [];
  if (squeezed.delta === undefined && !options.isSigned) return [];
  const wanted = squeezed.delta === undefined ? await unvouchedLayers(reader, options.signal) : undefined;
  const blobs = reader.inTarOrder().filter(({ digest }) => wanted?.has(digest) ?? true);
  if (blobs.length === 0) return [];
  options.listener.onStart(totalSize(blobs));
  await using threads = new SqueezeThreads(availableParallelism());
  // Of a delta bundle other tools take nothing.
  const layers = squeezed.delta === undefined ? squeezed.layers : [];
  const context = {
    ...options,
    threads,
    plains: new Map(layers.map(({ digest, plain }) => [digest, plain])),
  };
  const problems: VerifyProblem[] = [];
  for (const blob of blobs) problems.push(...(await problemsOf(blob, reader, context)));
  return problems;
}

interface RestoringContext extends VerifyRestoredOptions {
  readonly threads: SqueezeThreads;
  /** What is in the tar in the place of layers. */
  readonly plains: ReadonlyMap<Digest, Digest>;
}

async function problemsOf(
  blob: BundledBlob,
  reader: BundleReader,
  { threads, plains, listener, signal }: RestoringContext,
): Promise<VerifyProblem[]> {
  const { digest, role } = blob;
  const plain = plains.get(digest);
  try {
    const content = counted(await reader.open(blob, { signal }), listener);
    await (plain === undefined ? readAll(content) : requirePlain(plain, threads.inflate(content, signal)));
    return [];
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') throw error;
    return [{ path: blobPath(digest), digest, role, images: [], message: error.message }];
  }
}

/** To its end: only then it is verified. */
async function readAll(content: AsyncIterator<Uint8Array>): Promise<void> {
  while ((await content.next()).done !== true);
}

async function* counted(
  content: AsyncIterable<Uint8Array>,
  { onBytes }: VerifyListener,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of content) {
    onBytes(piece.length);
    yield piece;
  }
}

async function requirePlain(expected: Digest, content: AsyncIterable<Uint8Array>): Promise<void> {
  const hash = createHash('sha256');
  for await (const piece of content) hash.update(piece);
  const received = toDigest(hash.digest('hex'));
  if (received === expected) return;
  throw new PaletteEdgeError(
    'DIGEST_MISMATCH',
    `other tools find ${expected} in its place, but it decompresses to ${received}`,
    { kind: 'content' },
  );
}
