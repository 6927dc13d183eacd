import type { BaseBundle } from '../bundle/squeezed-inventory.ts';
import { baseOf } from './base-identity.ts';
import { inBases } from './delta-bases.ts';
import type { DeltaBase } from './delta-bases.ts';
import type { QueuedBlob } from './queue-blobs.ts';

/** What a delta bundle is made against, and how much of the new bundle is there. */
export interface PlannedDelta {
  readonly bases: readonly BaseBundle[];
  readonly blobs: number;
  readonly bytes: number;
}

/** Counts what bases have of a new bundle; undefined when it is made without bases. */
export function plannedDelta(
  whole: readonly QueuedBlob[],
  left: readonly QueuedBlob[],
  bases: readonly DeltaBase[] | undefined,
): PlannedDelta | undefined {
  if (bases === undefined) return undefined;
  return {
    bases: bases.map(baseOf),
    blobs: whole.length - left.length,
    bytes: bytesOf(whole) - bytesOf(left),
  };
}

/** A delta bundle takes what its bases have: it is not pulled. */
export function notInBases(
  queue: readonly QueuedBlob[],
  bases: readonly DeltaBase[] = [],
): readonly QueuedBlob[] {
  const isInBase = inBases(bases);
  return queue.filter(({ blob }) => !isInBase(blob));
}

function bytesOf(queue: readonly QueuedBlob[]): number {
  return queue.reduce((sum, { blob }) => sum + blob.size, 0);
}
