import { longLength, shortLength, type DenseIndex } from './dense-index.ts';

/** Bytes of the target that are like bytes of the reference: most of them the same, at the same distance. */
export interface Likeness {
  readonly target: number;
  readonly reference: number;
  readonly length: number;
}

/** What is compared: the index is of the reference. */
export interface Comparison {
  readonly target: Uint8Array;
  readonly reference: Uint8Array;
  readonly index: DenseIndex;
}

/** So many more bytes a match must explain than the alignment at hand, to be worth going there. */
const worth = 8;
/** So long a stretch without a difference is not looked up: it is hardly better elsewhere. */
const follow = 16;

/**
 * Where the target is like the reference, in order and without overlaps. As bsdiff does it (Percival, "Naive differences of executable
 * code"): an exact match begins a likeness, which goes on over differences as long as more than half of the bytes are the same.
 */
export function matchRange(comparison: Comparison): readonly Likeness[] {
  const { target, reference } = comparison;
  const found: Likeness[] = [];
  let last: Likeness = { target: 0, reference: 0, length: 0 };
  let scan = 0;
  while (scan < target.length) {
    const same = matchLength(comparison, scan, scan + last.reference - last.target);
    if (same >= follow) {
      scan += same;
      continue;
    }
    const match = betterMatch(comparison, scan, last.reference - last.target);
    if (match === undefined) {
      scan++;
      continue;
    }
    last = { ...joined(comparison, last, match, found) };
    scan = match.target + match.length;
  }
  const length = forwardLength(comparison, last, target.length);
  if (length > 0) found.push({ ...last, length });
  return reference.length === 0 ? [] : found;
}

/** A match at this place that explains more than the alignment at hand. */
function betterMatch(comparison: Comparison, scan: number, offset: number): Likeness | undefined {
  const { target, index } = comparison;
  if (scan + shortLength > target.length) return undefined;
  if (scan + longLength <= target.length) {
    const match = worthwhile(comparison, { scan, offset }, index.findLong(target, scan));
    if (match !== undefined) return match;
  }
  return worthwhile(comparison, { scan, offset }, index.findShort(target, scan));
}

function worthwhile(
  comparison: Comparison,
  at: { readonly scan: number; readonly offset: number },
  reference: number,
): Likeness | undefined {
  const { scan, offset } = at;
  if (reference < 0 || reference === scan + offset) return undefined;
  const length = matchLength(comparison, scan, reference);
  if (length < shortLength + 4) return undefined;
  let same = 0;
  for (let step = 0; step < length; step++) {
    if (comparison.target[scan + step] === comparison.reference[scan + offset + step]) same++;
  }
  return length > same + worth ? { target: scan, reference, length } : undefined;
}

/** Ends the likeness before where the match begins to be better; gives the match from there on, however long it will be. */
function joined(comparison: Comparison, last: Likeness, match: Likeness, found: Likeness[]): Likeness {
  let forward = forwardLength(comparison, last, match.target);
  let backward = backwardLength(comparison, last, match);
  const overlap = last.target + forward - (match.target - backward);
  if (overlap > 0) {
    const kept = bestSplit(
      comparison,
      {
        last: last.reference + forward - overlap,
        match: match.reference - backward,
        target: match.target - backward,
      },
      overlap,
    );
    forward += kept - overlap;
    backward -= kept;
  }
  if (forward > 0) found.push({ ...last, length: forward });
  return { target: match.target - backward, reference: match.reference - backward, length: 0 };
}

function matchLength({ target, reference }: Comparison, at: number, from: number): number {
  if (from < 0) return 0;
  const most = Math.min(target.length - at, reference.length - from);
  let length = 0;
  while (length < most && target[at + length] === reference[from + length]) length++;
  return length;
}

/** How far the alignment is worth keeping, up to `end`: where it has most more equal bytes than different ones. */
function forwardLength({ target, reference }: Comparison, from: Likeness, end: number): number {
  const most = Math.min(end - from.target, reference.length - from.reference);
  let score = 0;
  let best = 0;
  let length = 0;
  for (let step = 0; step < most;) {
    score += target[from.target + step] === reference[from.reference + step] ? 1 : -1;
    step++;
    if (score > best) {
      best = score;
      length = step;
    }
  }
  return length;
}

function backwardLength({ target, reference }: Comparison, last: Likeness, match: Likeness): number {
  const most = Math.min(match.target - last.target, match.reference);
  let score = 0;
  let best = 0;
  let length = 0;
  for (let step = 1; step <= most; step++) {
    score += target[match.target - step] === reference[match.reference - step] ? 1 : -1;
    if (score > best) {
      best = score;
      length = step;
    }
  }
  return length;
}

/** How many of the bytes that both could explain the first one keeps, so that most are equal. */
function bestSplit(
  { target, reference }: Comparison,
  at: { readonly last: number; readonly match: number; readonly target: number },
  overlap: number,
): number {
  let score = 0;
  let best = 0;
  let kept = 0;
  for (let step = 0; step < overlap; step++) {
    const byte = target[at.target + step];
    if (byte === reference[at.last + step]) score++;
    if (byte === reference[at.match + step]) score--;
    if (score > best) {
      best = score;
      kept = step + 1;
    }
  }
  return kept;
}
