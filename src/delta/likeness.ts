/** Bytes of the target that are like bytes of the reference, at the same distance: most of them are equal. */
export interface Likeness {
  readonly target: number;
  readonly reference: number;
  readonly length: number;
}

/** What is compared. */
export interface Pair {
  readonly target: Uint8Array;
  readonly reference: Uint8Array;
}

/** How far a likeness that begins here is worth following, up to `end` of the target: as far as it gains most. */
export function forwardLength({ target, reference }: Pair, from: Likeness, end: number): number {
  const most = Math.min(end - from.target, reference.length - from.reference);
  let score = 0;
  let best = 0;
  let length = 0;
  for (let step = 0; step < most; step++) {
    // More than half of the bytes must be equal: a difference costs about as much as it saves.
    score += target[from.target + step] === reference[from.reference + step] ? 1 : -1;
    if (score <= best) continue;
    best = score;
    length = step + 1;
  }
  return length;
}

/** How far a likeness is worth following backwards from where a match begins, down to `begin` of the target. */
export function backwardLength({ target, reference }: Pair, from: Likeness, begin: number): number {
  const most = Math.min(from.target - begin, from.reference);
  let score = 0;
  let best = 0;
  let length = 0;
  for (let step = 1; step <= most; step++) {
    score += target[from.target - step] === reference[from.reference - step] ? 1 : -1;
    if (score <= best) continue;
    best = score;
    length = step;
  }
  return length;
}

/**
 * Two likenesses explain the same bytes of the target: how many of these the first one keeps, so that most bytes are equal.
 *
 * @param before where in the reference the first one has them
 * @param overlap where the second one has them
 */
export function bestSplit({ target, reference }: Pair, before: number, overlap: Likeness): number {
  let score = 0;
  let best = 0;
  let kept = 0;
  for (let step = 0; step < overlap.length; step++) {
    const byte = target[overlap.target + step];
    if (byte === reference[before + step]) score++;
    if (byte === reference[overlap.reference + step]) score--;
    if (score <= best) continue;
    best = score;
    kept = step + 1;
  }
  return kept;
}
