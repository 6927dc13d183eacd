import type { PatchContent } from '../bundle/bundle-bases.ts';
import { applyPatch } from '../delta/apply-patch.ts';
import type { OldTarAccess } from '../delta/old-tar.ts';
import { oldSizesOf } from '../delta/read-patch-head.ts';
import { onePiece } from '../oci/one-piece.ts';
import type { GzipLayer, LayerSource, PlainTars } from './plain-tars.ts';

/** A layer that a patch is against, and where it is read from. */
export interface OldLayer {
  readonly source: LayerSource;
  readonly layer: GzipLayer;
}

/** How a patch is applied. */
export interface Patching {
  /** Where the old layers are decompressed to. */
  readonly tars: PlainTars;
  /** Where in what comes out it begins, in bytes. */
  readonly start: number;
  readonly signal: AbortSignal;
}

/** Enough for the sizes of as many old tars as a patch may name. */
const mostHead = 4096;

/**
 * What a patch gives. It is not verified: what is made of it is.
 *
 * @param olds in the order in which the patch has them
 */
export async function* patchedContent(
  content: PatchContent,
  olds: readonly OldLayer[],
  patching: Patching,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, signal } = patching;
  const head = await headOf(content, signal);
  const use = (tars: readonly OldTarAccess[]): AsyncIterable<Uint8Array> =>
    behind(start, applyPatch(wholePatch(head, content, signal), tars, { size: content.patch.size }));
  // Before anything is decompressed: whoever gives an old layer may lie, and that shows at its end only.
  const sizes = await oldSizesOf(onePiece(head), olds.length);
  const bounded = olds.map(({ source, layer }, index) => ({
    source,
    layer: { ...layer, plainSize: sizes[index] },
  }));
  yield* withTars(bounded, [], { ...patching, use });
}

async function headOf({ size, bytes }: PatchContent, signal: AbortSignal): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes({ start: 0, end: Math.min(size, mostHead) }, signal))
    pieces.push(new Uint8Array(piece));
  return Buffer.concat(pieces);
}

/** Goes on behind the head: the frame that a patch is in can only be decompressed from its beginning, and waits there. */
async function* wholePatch(
  head: Uint8Array,
  { bytes }: PatchContent,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield head;
  yield* bytes({ start: head.length }, signal);
}

/** Each tar is kept as long as what is made of it is read. */
async function* withTars(
  [first, ...rest]: readonly OldLayer[],
  held: readonly OldTarAccess[],
  work: Patching & { readonly use: (tars: readonly OldTarAccess[]) => AsyncIterable<Uint8Array> },
): AsyncGenerator<Uint8Array, void, undefined> {
  if (first === undefined) {
    yield* work.use(held);
    return;
  }
  await using hold = await work.tars.hold(first.source, first.layer, work.signal);
  yield* withTars(rest, [...held, hold.tar.access], work);
}

async function* behind(
  start: number,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  for await (const piece of pieces) {
    const part = piece.subarray(Math.max(0, start - position));
    position += piece.length;
    if (part.length > 0) yield part;
  }
}
