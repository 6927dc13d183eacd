import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { BitWriter } from '../../../src/squeeze/tokens/bit-writer.ts';
import { longLength284, tokenDistance, tokenLength } from '../../../src/squeeze/tokens/deflate-block.ts';
import type { DeflateBlock, DeflateBlockEnd } from '../../../src/squeeze/tokens/deflate-block.ts';
import { createInflateParser } from '../../../src/squeeze/tokens/inflate-parser.ts';
import { fewSymbols, mixture, randomBytes } from '../../support/go-oracle-inputs.ts';

interface Parsed {
  readonly state: string;
  readonly reason: string | undefined;
  readonly used: number;
  readonly bits: number;
  readonly padding: number;
  readonly plain: Buffer;
  /** The plain bytes that the tokens and stored blocks give. */
  readonly replayed: Buffer;
  readonly blocks: readonly DeflateBlock[];
  readonly ends: readonly DeflateBlockEnd[];
  readonly tokens: readonly number[];
}

/** Used again: there are thousands of streams. */
const replayedBytes = Buffer.alloc(20_000_000);

function parse(stream: Uint8Array, size = 65_536): Parsed {
  const plain: Buffer[] = [];
  let given = 0;
  const replayed = replayedBytes;
  let at = 0;
  const blocks: DeflateBlock[] = [];
  const ends: DeflateBlockEnd[] = [];
  const tokens: number[] = [];
  const parser = createInflateParser(
    (bytes) => {
      plain.push(Buffer.from(bytes));
      if (blocks.at(-1)?.type === 0) {
        replayed.set(bytes, at);
        at += bytes.length;
      }
      given += bytes.length;
    },
    {
      block: (block) => {
        expect(block.plain).toBe(given);
        blocks.push({ ...block, ...(block.codes && { codes: structuredClone(block.codes) }) });
      },
      tokens: (some) => {
        for (const token of some) {
          tokens.push(token);
          at = replay(replayed, at, token);
        }
        expect(at).toBe(given);
      },
      end: (end) => ends.push(end),
    },
  );
  let used = 0;
  for (let start = 0; start < stream.length && parser.state === 'more'; start += size) {
    used += parser.push(stream.subarray(start, start + size));
  }
  const { state, reason, bits, padding } = parser;
  return {
    state,
    reason,
    used,
    bits,
    padding,
    blocks,
    ends,
    tokens,
    plain: Buffer.concat(plain),
    replayed: replayed.subarray(0, at),
  };
}

function replay(bytes: Buffer, at: number, token: number): number {
  if (token < 256) {
    bytes[at] = token;
    return at + 1;
  }
  const end = at + tokenLength(token);
  for (let to = at; to < end; to += 1) bytes[to] = bytes[to - tokenDistance(token)] ?? 0;
  return end;
}

/** A stream of bits. */
function write(what: (writer: BitWriter) => void): Buffer {
  const pieces: Buffer[] = [];
  const writer = new BitWriter((bytes) => pieces.push(Buffer.from(bytes)));
  what(writer);
  writer.align();
  writer.flush();
  return Buffer.concat(pieces);
}

const inputs = {
  mixture: mixture('parser', 300_000),
  'few symbols': fewSymbols('parser', 200_000, 3),
  random: randomBytes('parser', 100_000),
  zeros: Buffer.alloc(500_000),
  nothing: Buffer.alloc(0),
};

describe.each(Object.entries(inputs))('a stream of %s', (_, plain) => {
  it.each([
    { level: 0 },
    { level: 1 },
    { level: 9 },
    { strategy: constants.Z_FIXED },
    { strategy: constants.Z_HUFFMAN_ONLY },
    { strategy: constants.Z_RLE },
  ])('%o', (options) => {
    const stream = deflateRawSync(plain, options);
    const followed = Buffer.concat([stream, randomBytes('behind', 50)]);
    for (const size of [1_000_000, 1013, 1]) {
      if (size === 1 && stream.length > 60_000) continue;
      const parsed = parse(followed, size);
      expect(parsed).toMatchObject({ state: 'ended', used: stream.length, padding: 0 });
      expect(parsed.plain.equals(plain)).toBe(true);
      expect(parsed.replayed.equals(plain)).toBe(true);
      expect(Math.ceil(parsed.bits / 8)).toBe(stream.length);
      expect(parsed.ends).toHaveLength(parsed.blocks.length);
    }
  });
});

describe('what a writer may do', () => {
  it('is told: padding, and the long form of 258', () => {
    const stream = write((writer) => {
      writer.bits(0, 3);
      writer.align(0b10101);
      writer.bits(1, 16);
      writer.bits(0xfffe, 16);
      writer.bytes(Uint8Array.of(65));
      // Fixed codes: 284 with its extra bits, 285, and the distance 1 each.
      writer.bits(0b011, 3);
      writer.bits(0b00100011, 8);
      writer.bits(31, 5);
      writer.bits(0, 5);
      writer.bits(0b10100011, 8);
      writer.bits(0, 5);
      writer.bits(0, 7);
      writer.align(0b11);
    });
    const parsed = parse(stream);
    expect(parsed.state).toBe('ended');
    expect(parsed.plain.equals(Buffer.alloc(517, 'A'))).toBe(true);
    expect(parsed.blocks[0]?.stored).toEqual({ length: 1, padding: 0b10101 });
    expect(parsed.tokens).toEqual([(258 << 16) | 1 | longLength284, (258 << 16) | 1]);
    expect(parsed.ends.at(-1)).toMatchObject({ tokens: 2, plain: 517 });
  });

  it('is told: the code lengths as they are written', () => {
    const stream = deflateRawSync(inputs.mixture);
    const block = parse(stream).blocks.find(({ type }) => type === 2);
    if (block?.codes === undefined) throw new Error('there is no such block');
    const written = write((writer) => {
      const { literals, distances, codeLengths } = block.codes!;
      writer.bits(block.final ? 5 : 4, 3);
      writer.bits(literals - 257, 5);
      writer.bits(distances - 1, 5);
      writer.bits(codeLengths.length - 4, 4);
      for (const length of codeLengths) writer.bits(length, 3);
    });
    const whole = written.subarray(0, -1);
    expect(block.bits).toBe(0);
    expect(stream.subarray(0, whole.length).equals(whole)).toBe(true);
    const lengths = [...block.codes.symbols].flatMap((symbol) => expand(symbol));
    let before = 0;
    const expanded = lengths.map((length) => (before = length < 0 ? before : length));
    expect(expanded).toEqual([...block.codes.lengths]);
  });
});

/** −1 for the length before. */
function expand(symbol: number): number[] {
  const [code, extra] = [symbol & 255, symbol >> 8];
  if (code < 16) return [code];
  if (code === 16) return Array.from({ length: 3 + extra }, () => -1);
  return Array.from({ length: (code === 17 ? 3 : 11) + extra }, () => 0);
}

describe('hostile streams', () => {
  const stream = deflateRawSync(mixture('hostile', 20_000));

  it('are refused where zlib refuses them, and read where it reads them', () => {
    const changes = randomBytes('changed streams', 10_000);
    const seen = { ended: 0, invalid: 0, more: 0 };
    for (let at = 0; at < changes.length; at += 10) {
      const changed = Buffer.from(stream);
      // The beginning is where trees are.
      for (let index = 0; index < 2; index += 1) {
        const place = changes.readUInt32LE(at + 4 * index) % (index === 0 ? 120 : changed.length);
        changed.writeUInt8(changed.readUInt8(place) ^ (1 << (changes.readUInt8(at + 8) & 7)), place);
      }
      const parsed = parse(changed);
      expect({ at, ...zlibSays(changed) }).toEqual({ at, ...ending(parsed) });
      seen[parsed.state === 'ended' ? 'ended' : parsed.state === 'invalid' ? 'invalid' : 'more'] += 1;
    }
    expect(Math.min(seen.ended, seen.invalid)).toBeGreaterThan(100);
  });

  it('are refused where zlib refuses them when they are nothing but random bits', () => {
    for (let index = 0; index < 500; index += 1) {
      const random = randomBytes(`random ${index}`, 200);
      random.writeUInt8((random.readUInt8(0) & 0xf8) | 4, 0);
      expect({ index, ...zlibSays(random) }).toEqual({ index, ...ending(parse(random)) });
    }
  });

  it('do not end before their last block', () => {
    const parsed = parse(stream.subarray(0, -1), 333);
    expect(parsed).toMatchObject({ state: 'more', used: stream.length - 1 });
  });
});

function ending({ state, plain }: Parsed): object {
  return state === 'ended' ? { state, plain: plain.toString('base64') } : { state };
}

/** What zlib makes of the stream. */
function zlibSays(stream: Buffer): object {
  try {
    return { state: 'ended', plain: inflateRawSync(stream).toString('base64') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return { state: code === 'Z_BUF_ERROR' ? 'more' : 'invalid' };
  }
}
