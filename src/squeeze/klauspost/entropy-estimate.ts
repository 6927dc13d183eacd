import { distanceExtraBits, lengthExtraBits } from './match-codes.ts';
import type { TokenBuffer } from './token-buffer.ts';

/**
 * Estimates the bits of a block from how often its symbols occur. Each step rounds to single precision: the decision whether a
 * block goes on with the codes before it hangs on the last bit.
 */
export class EntropyEstimate {
  readonly #float = new Float32Array(1);
  readonly #bits = new Int32Array(this.#float.buffer);

  /** Bits of the block with the best codes and its extra bits, without a header. `total` is how many literals and lengths count. */
  bits({ literalCounts, distanceCounts }: TokenBuffer, total: number): number {
    let sum = this.#add(0, literalCounts.subarray(0, 256), total);
    // The end of the block counts as 15 bits, however often it occurs.
    sum = Math.fround(sum + 15);
    const lengthCounts = literalCounts.subarray(257);
    sum = this.#add(sum, lengthCounts, total);
    const matches = lengthCounts.reduce((before, count) => before + count, 0);
    if (matches > 0) sum = this.#add(sum, distanceCounts, matches);
    return (
      Math.trunc(sum) +
      extraBitsOf(lengthCounts, lengthExtraBits) +
      extraBitsOf(distanceCounts, distanceExtraBits)
    );
  }

  #add(start: number, counts: Int32Array, total: number): number {
    const inverse = Math.fround(1 / total);
    let sum = start;
    for (const count of counts) {
      if (count === 0) continue;
      const bits = Math.min(Math.max(-this.#log2(Math.fround(count * inverse)), 1), 15);
      sum = Math.fround(sum + Math.fround(bits * count));
    }
    return sum;
  }

  /** A logarithm from the exponent and a parabola over the mantissa: https://stackoverflow.com/a/28730362 */
  #log2(value: number): number {
    this.#float[0] = value;
    const pattern = this.#bits[0]!;
    const exponent = ((pattern >> 23) & 255) - 128;
    this.#bits[0] = (pattern & 0x807f_ffff) + (127 << 23);
    const mantissa = this.#float[0];
    const slope = Math.fround(Math.fround(square * mantissa) + linear);
    return Math.fround(exponent + Math.fround(Math.fround(slope * mantissa) - constant));
  }
}

const square = Math.fround(-0.344_848_43);
const linear = Math.fround(2.024_665_78);
const constant = Math.fround(0.674_877_59);

/** The extra bits that the symbols with these counts take. */
export function extraBitsOf(counts: Int32Array, extraBits: Uint8Array): number {
  let total = 0;
  for (let code = 0; code < extraBits.length; code++) total += counts[code]! * extraBits[code]!;
  return total;
}
