import { createProbabilities, learned, probabilityOf, type BinaryCoder } from './binary-coder.ts';

/** Writes nothing, and says how much it would be. */
export interface CostCoder extends BinaryCoder {
  /** About how many bits. */
  readonly bits: number;
}

/** A coder that only estimates. It steers choices, it decides no bytes. */
export function createCostCoder(contexts: number): CostCoder {
  const probabilities = createProbabilities(contexts);
  const bits = new Float64Array(1);
  return {
    get bits() {
      return bits[0]!;
    },
    code(context, bit) {
      const state = probabilities[context]!;
      const one = probabilityOf(state);
      bits[0] = bits[0]! + costs[(bit === 0 ? 65_536 - one : one) >>> 4]!;
      probabilities[context] = learned(state, bit);
      return bit;
    },
  };
}

/** Bits by probability of 4096. */
const costs = Float64Array.from(
  { length: 4097 },
  (_, probability) => 12 - Math.log2(Math.max(probability, 0.25)),
);
