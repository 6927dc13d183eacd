import type { OldIndex } from './index-old-content.ts';
import type { TarSpan } from './tar-scanner.ts';

/** A stretch of the old content. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The bytes of the new tar that are described next. */
export interface NewRange {
  /** Where they begin in the new tar. */
  readonly start: number;
  readonly bytes: Uint8Array;
  /** The files that lie in it, wholly or in part. */
  readonly spans: readonly TarSpan[];
}

/** Bytes of old content that a range is compared with. */
export const mostReference = 33_554_432;

/** Smaller files are taken whole. */
const wholeFile = 4_194_304;
/** Of larger ones, so much more on both sides of where the content would be if it had grown evenly. */
const slack = 4_194_304;
/** One anchor alone may be chance. */
const fewestVotes = 2;

/**
 * The stretches of old content that are most like a range of the new tar, in their order and apart from each other: the versions of its
 * files, then whatever has most anchors in common with it.
 */
export function chooseReference(
  old: { readonly size: number } & OldIndex,
  range: NewRange,
): readonly Stretch[] {
  const chosen: Stretch[] = [];
  let room = mostReference;
  const take = (stretch: Stretch): void => {
    if (stretch.end - stretch.start > room) return;
    chosen.push(stretch);
    room -= stretch.end - stretch.start;
  };
  for (const stretch of pairedStretches(old, range)) take(stretch);
  const merged = merge(chosen);
  const { cellSize } = old.anchors;
  const covered = new Set(merged.flatMap((stretch) => cellsWithin(stretch, cellSize)));
  const votes = [...old.anchors.vote(range.bytes)]
    .filter(([cell, count]) => count >= fewestVotes && !covered.has(cell))
    .toSorted(([cell, count], [otherCell, otherCount]) => otherCount - count || cell - otherCell);
  for (const [cell] of votes) {
    take({ start: cell * cellSize, end: Math.min(old.size, (cell + 1) * cellSize) });
  }
  return merge([...merged, ...chosen]);
}

function pairedStretches(old: OldIndex, { start, bytes, spans }: NewRange): readonly Stretch[] {
  const end = start + bytes.length;
  const taken = new Set<TarSpan>();
  return spans.flatMap((span) => {
    const pair = old.pairs.find(span);
    if (pair === undefined || taken.has(pair)) return [];
    taken.add(pair);
    const size = pair.end - pair.start;
    if (size <= wholeFile) return [pair];
    const growth = size / (span.end - span.start);
    const from = Math.max(0, (start - span.start) * growth - slack);
    const to = Math.min(size, (end - span.start) * growth + slack);
    return [{ start: pair.start + Math.floor(from), end: pair.start + Math.ceil(to) }];
  });
}

/** The cells that lie wholly in a stretch. */
function cellsWithin({ start, end }: Stretch, cellSize: number): readonly number[] {
  const first = Math.ceil(start / cellSize);
  return Array.from({ length: Math.max(0, Math.floor(end / cellSize) - first) }, (_, at) => first + at);
}

function merge(stretches: readonly Stretch[]): Stretch[] {
  const merged: Stretch[] = [];
  for (const { start, end } of stretches.toSorted((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    else merged.push({ start, end });
  }
  return merged;
}
