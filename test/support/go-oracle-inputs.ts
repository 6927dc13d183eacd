import { createCipheriv, createHash } from 'node:crypto';

/** Bytes that follow from the seed and do not compress. */
export function randomBytes(seed: string, size: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** Bytes of an alphabet of so many symbols: they compress, but repeat nothing much. */
export function fewSymbols(seed: string, size: number, symbols: number): Buffer {
  return Buffer.from(randomBytes(seed, size).map((byte) => byte % symbols));
}

/** Random bytes that come again and again after `period`. */
export function periodic(period: number, size: number): Buffer {
  return Buffer.alloc(size, randomBytes(`period ${period}`, period));
}

/** Symbols that are as rare as makes their code longer than DEFLATE allows: their counts are Fibonacci's numbers. */
export function fibonacciBytes(symbols: number): Buffer {
  const bytes: number[] = [];
  for (let symbol = 0, count = 1, next = 1; symbol < symbols; symbol++) {
    for (let index = 0; index < count; index++) bytes.push(symbol);
    [count, next] = [next, count + next];
  }
  const order = randomBytes('order', 4 * bytes.length);
  return Buffer.from(
    bytes
      .map((byte, index) => ({ byte, rank: order.readUInt32LE(4 * index) }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ byte }) => byte),
  );
}

/** Stretches of all kinds, one after the other: random, runs, few symbols, and copies of what was before, from near and far. */
export function mixture(seed: string, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  const choices = randomBytes(`choices of ${seed}`, size + 16);
  for (let at = 0, choice = 0; at < size; choice += 8) {
    const kind = choices.readUInt8(choice) % 5;
    const length = 1 + (choices.readUInt16LE(choice + 1) >>> (choices.readUInt8(choice + 3) % 12));
    const end = Math.min(size, at + length);
    if (kind === 0) bytes.fill(choices.readUInt8(choice + 4), at, end);
    else if (kind === 1) bytes.set(randomBytes(`${seed} ${at}`, end - at), at);
    else if (kind === 2)
      bytes.set(fewSymbols(`${seed} ${at}`, end - at, 2 + (choices.readUInt8(choice + 4) % 30)), at);
    else
      copyFrom(bytes, at, { end, distance: 1 + (choices.readUInt16LE(choice + 4) >>> (kind === 3 ? 1 : 9)) });
    at = end;
  }
  return bytes;
}

function copyFrom(bytes: Buffer, at: number, { end, distance }: { end: number; distance: number }): void {
  for (let index = at; index < end; index++) bytes[index] = bytes[Math.max(0, index - distance)]!;
}
