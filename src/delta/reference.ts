import { mostReference, type Stretch } from './choose-reference.ts';
import { createDenseIndex, type DenseIndex } from './dense-index.ts';
import type { OldContent } from './old-content.ts';

/** The old content that a range of the new tar is compared with, in memory. */
export interface Reference {
  readonly index: DenseIndex;
  /** Takes other stretches in; nothing is read when they are the same as before. */
  load(stretches: readonly Stretch[]): void;
  /** What is loaded. */
  bytes(): Uint8Array;
  /** Where bytes of the reference are in the old content; each stretch lies in one old tar. */
  origins(position: number, length: number): readonly Stretch[];
}

export function createReference(old: OldContent): Reference {
  const memory = new Uint8Array(Math.min(mostReference, old.size));
  const index = createDenseIndex(memory.length);
  let loaded: readonly Stretch[] = [];
  let parts: readonly Part[] = [];
  let bytes = memory.subarray(0, 0);
  return {
    index,
    bytes: () => bytes,
    load(stretches) {
      if (sameStretches(stretches, loaded)) return;
      loaded = stretches;
      parts = partsOf(stretches, old.ends);
      for (const { position, start, end } of parts) {
        old.read(start, memory.subarray(position, position + end - start));
      }
      bytes = memory.subarray(0, lengthOf(stretches));
      index.enter(bytes);
    },
    origins: (position, length) => originsOf(parts, position, length),
  };
}

/** A stretch inside one old tar, and where it is in the reference. */
interface Part extends Stretch {
  readonly position: number;
}

function partsOf(stretches: readonly Stretch[], tarEnds: readonly number[]): readonly Part[] {
  const parts: Part[] = [];
  let position = 0;
  for (const stretch of stretches) {
    for (let { start } = stretch; start < stretch.end;) {
      const tarEnd = tarEnds.find((end) => end > start) ?? stretch.end;
      const end = Math.min(stretch.end, tarEnd);
      parts.push({ position, start, end });
      position += end - start;
      start = end;
    }
  }
  return parts;
}

function originsOf(parts: readonly Part[], position: number, length: number): readonly Stretch[] {
  const origins: Stretch[] = [];
  let at = position;
  for (let number = partAt(parts, position); at < position + length; number++) {
    const part = parts[number]!;
    const start = part.start + at - part.position;
    const end = Math.min(part.end, start + position + length - at);
    origins.push({ start, end });
    at += end - start;
  }
  return origins;
}

/** The part that holds this position of the reference. */
function partAt(parts: readonly Part[], position: number): number {
  let low = 0;
  let high = parts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (parts[middle]!.position <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((total, { start, end }) => total + end - start, 0);
}

function sameStretches(one: readonly Stretch[], other: readonly Stretch[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ start, end }, at) => start === other[at]?.start && end === other[at].end)
  );
}
