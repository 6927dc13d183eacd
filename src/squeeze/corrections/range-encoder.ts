import { createProbabilities, learned, probabilityOf, type BinaryCoder } from './binary-coder.ts';

/** Writes coded bits into memory, never more than it may. */
export interface RangeEncoder extends BinaryCoder {
  /** Bytes so far. Past `maximumSize` nothing more is kept: the result is of no use then. */
  readonly size: number;
  /** Ends the bytes and gives them. To be called once. */
  finish(): Uint8Array;
}

/** A range coder with 32 bits of range whose carries go into the bytes before (as LZMA has it). */
export function createRangeEncoder(contexts: number, maximumSize: number): RangeEncoder {
  const probabilities = createProbabilities(contexts);
  const output = createOutput(maximumSize);
  const range = Uint32Array.of(0xff_ff_ff_ff);
  const low = new Float64Array(1);
  const shift = (): void => {
    if (low[0]! < 0xff_00_00_00 || low[0]! > 0xff_ff_ff_ff) output.settle(low[0]!);
    else output.wait();
    low[0] = ((low[0]! & 0xff_ff_ff) << 8) >>> 0;
  };
  return {
    get size() {
      return output.size;
    },
    code(context, bit) {
      const state = probabilities[context]!;
      const bound = (range[0]! >>> 16) * probabilityOf(state);
      if (bit === 0) {
        low[0] = low[0]! + bound;
        range[0] = range[0]! - bound;
      } else range[0] = bound;
      probabilities[context] = learned(state, bit);
      while (range[0] < 0x1_00_00_00) {
        range[0] = range[0] << 8;
        shift();
      }
      return bit;
    },
    finish() {
      for (let count = 0; count < 5; count++) shift();
      return output.bytes();
    },
  };
}

/** Bytes of which the last ones may still change: by a carry, which runs through all that are 255. */
function createOutput(maximumSize: number): {
  readonly size: number;
  settle(low: number): void;
  wait(): void;
  bytes(): Uint8Array;
} {
  let bytes = new Uint8Array(1024);
  let size = 0;
  let last = 0;
  let waiting = 0;
  let started = false;
  const put = (byte: number): void => {
    if (size === bytes.length) {
      if (size > maximumSize) return;
      const grown = new Uint8Array(size * 2);
      grown.set(bytes);
      bytes = grown;
    }
    bytes[size++] = byte;
  };
  return {
    get size() {
      return size + waiting;
    },
    settle(low) {
      const carry = low > 0xff_ff_ff_ff ? 1 : 0;
      if (started) put(last + carry);
      for (; waiting > 0; waiting--) put(255 + carry);
      started = true;
      last = (low >>> 24) & 0xff;
    },
    wait() {
      waiting++;
    },
    bytes() {
      let end = size;
      while (end > 0 && bytes[end - 1] === 0) end--;
      return bytes.slice(0, end);
    },
  };
}
