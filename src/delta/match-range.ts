import { longLength, wordsOf, type DenseIndex } from './dense-index.ts';
import { backwardLength, bestSplit, forwardLength, type Likeness, type Pair } from './likeness.ts';

/** What is compared: the index is of the reference. */
export interface Comparison extends Pair {
  readonly index: DenseIndex;
}

/** So long a stretch without a difference is not looked up: it is hardly better elsewhere. */
const longestLookedUp = 16;
/** An exact match begins with at least so many bytes. */
const shortestMatch = 12;
/** So many more bytes it must explain than the alignment at hand: a copy is not free. */
const worth = 8;
/** Steps over places that are not looked up. Odd, because every fourth and sixteenth place of the reference is in the index. */
const longestStep = 7;
/** After so many places without a match, steps become longer by one. */
const patience = 2048;
/** An alignment is good while so few of the next bytes are different. */
const good = { bytes: 32, different: 8 };

/**
 * Where the target is like the reference: in order, and without overlaps. As bsdiff does it (Percival, "Naive differences of
 * executable code"): an exact match begins a likeness, which goes on over differences while more than half of the bytes are the same.
 */
export function matchRange(comparison: Comparison): readonly Likeness[] {
  const { target } = comparison;
  const find = createFinder(comparison);
  const found: Likeness[] = [];
  let last: Likeness = { target: 0, reference: 0, length: 0 };
  let missed = 0;
  for (let scan = 0; scan < target.length;) {
    const offset = last.reference - last.target;
    const same = matchLength(comparison, scan, scan + offset);
    if (same >= longestLookedUp) {
      scan += same;
      missed = 0;
      continue;
    }
    const match = find(scan, offset);
    if (match === undefined) {
      const impatience = Math.floor(missed++ / patience);
      scan += isGood(comparison, scan, offset) ? longestStep : Math.min(longestStep, 1 + impatience);
      continue;
    }
    last = joined(comparison, { last, match }, found);
    scan = match.target + match.length;
    missed = 0;
  }
  const length = forwardLength(comparison, last, target.length);
  if (length > 0) found.push({ ...last, length });
  return found;
}

/** Finds a match at a place of the target that explains more than the alignment at hand does. */
function createFinder(comparison: Comparison): (scan: number, offset: number) => Likeness | undefined {
  const { target, index } = comparison;
  const words = wordsOf(target);
  return (scan, offset) => {
    if (scan + longLength > target.length) return undefined;
    const long = worthwhile(comparison, scan, { offset, reference: index.findLong(words, scan) });
    return long ?? worthwhile(comparison, scan, { offset, reference: index.findShort(words, scan) });
  };
}

function worthwhile(
  comparison: Comparison,
  scan: number,
  { offset, reference }: { readonly offset: number; readonly reference: number },
): Likeness | undefined {
  if (reference < 0 || reference === scan + offset) return undefined;
  const length = matchLength(comparison, scan, reference);
  if (length < shortestMatch) return undefined;
  let same = 0;
  for (let at = scan; at < scan + length; at++) {
    if (comparison.target[at] === comparison.reference[at + offset]) same++;
  }
  return length > same + worth ? { target: scan, reference, length } : undefined;
}

function isGood({ target, reference }: Pair, scan: number, offset: number): boolean {
  let different = 0;
  for (let at = scan; at < scan + good.bytes && different <= good.different; at++) {
    if (target[at] !== reference[at + offset]) different++;
  }
  return different <= good.different;
}

/** Ends the likeness before where the match is better. Gives where that begins; its length is not known yet. */
function joined(
  pair: Pair,
  { last, match }: { readonly last: Likeness; readonly match: Likeness },
  found: Likeness[],
): Likeness {
  let forward = forwardLength(pair, last, match.target);
  let backward = backwardLength(pair, match, last.target);
  const overlap = forward + backward - (match.target - last.target);
  if (overlap > 0) {
    const target = match.target - backward;
    const begins = { target, reference: match.reference - backward, length: overlap };
    const kept = bestSplit(pair, last.reference + target - last.target, begins);
    forward -= overlap - kept;
    backward -= kept;
  }
  if (forward > 0) found.push({ ...last, length: forward });
  return { target: match.target - backward, reference: match.reference - backward, length: 0 };
}

function matchLength({ target, reference }: Pair, at: number, from: number): number {
  if (from < 0) return 0;
  const most = Math.min(target.length - at, reference.length - from);
  let length = 0;
  while (length < most && target[at + length] === reference[from + length]) length++;
  return length;
}
