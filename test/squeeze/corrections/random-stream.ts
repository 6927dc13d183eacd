import type { RandomNumbers } from './random-numbers.ts';

/** Writes bits, the lowest first, into memory. */
class Bits {
  readonly bytes: number[] = [];
  #count = 0;
  #last = 0;

  put(value: number, count: number): void {
    for (let bit = 0; bit < count; bit++) {
      if (this.#count % 8 === 0) this.#last = this.bytes.push(0) - 1;
      this.bytes.splice(
        this.#last,
        1,
        (this.bytes.at(-1) ?? 0) | (((value >>> bit) & 1) << (this.#count++ % 8)),
      );
    }
  }

  /** Fills the last byte with random bits. */
  pad(random: RandomNumbers): void {
    while (this.#count % 8 !== 0) this.put(random(2), 1);
  }

  /** A code, its highest bit first. */
  code(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) this.put(value >>> bit, 1);
  }
}

/** Lengths of a complete code over some symbols of an alphabet, by splitting codes at random. */
function randomCode(
  random: RandomNumbers,
  symbols: readonly number[],
  mostBits: number,
): Map<number, number> {
  const lengths = [0];
  while (lengths.length < symbols.length) {
    const index = random(lengths.length);
    const longer = (lengths.at(index) ?? 0) + 1;
    if (longer > mostBits) continue;
    lengths.splice(index, 1, longer, longer);
  }
  return new Map(symbols.map((symbol, index) => [symbol, Math.max(1, lengths.at(index) ?? 0)]));
}

/** Canonical codes of lengths (RFC 1951, section 3.2.2). */
function codesOf(lengths: ReadonlyMap<number, number>): Map<number, readonly [number, number]> {
  const codes = new Map<number, readonly [number, number]>();
  let code = 0;
  for (let length = 1; length <= 15; length++) {
    for (const [symbol, its] of [...lengths].toSorted(([one], [other]) => one - other)) {
      if (its === length) codes.set(symbol, [code++, length]);
    }
    code <<= 1;
  }
  return codes;
}

const fixedLengths = new Map(
  Array.from({ length: 288 }, (_, symbol) => [
    symbol,
    symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  ]),
);
const fixedDistances = new Map(Array.from({ length: 30 }, (_, symbol) => [symbol, 5]));

function range(from: number, end: number): number[] {
  return Array.from({ length: end - from }, (_, index) => from + index);
}

/** The symbols, extra bits and their values are of RFC 1951, section 3.2.5. */
function lengthParts(length: number, as284: boolean): readonly [number, number, number] {
  if (length === 258 && !as284) return [285, 0, 0];
  if (length < 11) return [254 + length, 0, 0];
  const extra = 29 - Math.clz32(length - 3);
  return [257 + 4 * extra + ((length - 3) >>> extra), (length - 3) & ((1 << extra) - 1), extra];
}

function distanceParts(distance: number): readonly [number, number, number] {
  if (distance < 5) return [distance - 1, 0, 0];
  const extra = 30 - Math.clz32(distance - 1);
  return [2 * extra + ((distance - 1) >>> extra), (distance - 1) & ((1 << extra) - 1), extra];
}

/** A valid stream of blocks and tokens as no writer would choose them. */
export function randomStream(random: RandomNumbers, blocks: number): Buffer {
  const bits = new Bits();
  let plain = 0;
  for (let block = 0; block < blocks; block++) {
    bits.put(block === blocks - 1 ? 1 : 0, 1);
    const type = random(3);
    bits.put(type, 2);
    if (type === 0) plain += writeStored(bits, random);
    else plain = writeCoded(bits, random, { plain, dynamic: type === 2 });
  }
  bits.pad(random);
  return Buffer.from(bits.bytes);
}

function writeStored(bits: Bits, random: RandomNumbers): number {
  const length = random(3) === 0 ? 0 : random(400);
  bits.pad(random);
  bits.put(length, 16);
  bits.put(length ^ 0xffff, 16);
  for (let count = 0; count < length; count++) bits.put(random(3), 8);
  return length;
}

function writeCoded(
  bits: Bits,
  random: RandomNumbers,
  { plain, dynamic }: { readonly plain: number; readonly dynamic: boolean },
): number {
  const literals = dynamic ? randomCode(random, range(0, 286), 15) : fixedLengths;
  const distances = dynamic ? randomCode(random, range(0, 30), 15) : fixedDistances;
  if (dynamic) writeLengths(bits, random, [...literals.values(), ...distances.values()]);
  const literalCodes = codesOf(literals);
  const distanceCodes = codesOf(distances);
  let end = plain;
  for (let count = random(600); count > 0; count--) {
    if (end === 0 || random(3) > 0) {
      bits.code(...literalCodes.get(random(4))!);
      end++;
      continue;
    }
    const length = random(4) === 0 ? 258 : 3 + random(random(2) === 0 ? 6 : 256);
    const [symbol, value, extra] = lengthParts(length, random(2) === 0);
    bits.code(...literalCodes.get(symbol)!);
    bits.put(value, extra);
    const [distance, rest, bitsOfRest] = distanceParts(1 + random(Math.min(end, 32_768)));
    bits.code(...distanceCodes.get(distance)!);
    bits.put(rest, bitsOfRest);
    end += length;
  }
  bits.code(...literalCodes.get(256)!);
  return end;
}

/** Each length by itself: repetitions only by chance, for a run of the same. */
function writeLengths(bits: Bits, random: RandomNumbers, lengths: readonly number[]): void {
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const code = randomCode(random, range(0, 19), 7);
  const codes = codesOf(code);
  bits.put(286 - 257, 5);
  bits.put(30 - 1, 5);
  bits.put(19 - 4, 4);
  for (const symbol of order) bits.put(code.get(symbol)!, 3);
  for (let index = 0; index < lengths.length;) {
    const repeats = index > 0 && random(2) === 0 ? sameFrom(lengths, index) : 0;
    if (repeats >= 3) {
      bits.code(...codes.get(16)!);
      bits.put(repeats - 3, 2);
    } else bits.code(...codes.get(lengths.at(index) ?? 0)!);
    index += repeats >= 3 ? repeats : 1;
  }
}

/** How many lengths are like the one before, at most six. */
function sameFrom(lengths: readonly number[], index: number): number {
  let count = 0;
  while (count < 6 && lengths[index + count] === lengths[index - 1]) count++;
  return count;
}
