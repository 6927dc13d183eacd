/**
 * Codes bits with adaptive probabilities. One function serves both ways, so that writer and reader cannot part: a writer codes the
 * bit it is given, a reader ignores it and returns the bit that was written.
 */
export interface BinaryCoder {
  /** Codes a bit in a context: contexts are numbered from 0 and learn apart from each other. Likely bits should be 0. */
  code(context: number, bit: number): number;
}

/**
 * The probabilities of contexts: 22 bits of probability of a 1, and 10 bits that count how often it was used, which makes the first
 * uses move it more. Integers only, so that all machines agree.
 */
export function createProbabilities(contexts: number): Uint32Array {
  return new Uint32Array(contexts).fill(half);
}

/** The state of a context after a bit. */
export function learned(state: number, bit: number): number {
  const count = state & 0x3ff;
  const probability = state >>> 10;
  const rate = rates[count]!;
  const moved =
    bit === 0
      ? probability - (((probability >>> 6) * rate) >>> 10)
      : probability + ((((0x3f_ff_ff - probability) >>> 6) * rate) >>> 10);
  return ((moved << 10) | (count < mostCounted ? count + 1 : count)) >>> 0;
}

/** Of 65,536: the probability of a 1 that a state means. */
export function probabilityOf(state: number): number {
  return (state >>> 16) | 1;
}

const half = (0x20_00_00 << 10) >>> 0;
const mostCounted = 190;

/** Of 65,536: how far a probability moves to the bit that came, by how often its context was used. */
const rates = Int32Array.from({ length: mostCounted + 1 }, (_, count) => Math.floor(65_536 / (count + 2)));
