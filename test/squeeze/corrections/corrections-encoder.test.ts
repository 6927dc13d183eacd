import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../../src/errors.ts';
import { createCorrectionsAnalyzer } from '../../../src/squeeze/corrections/corrections-analyzer.ts';
import { createCorrectionsEncoder } from '../../../src/squeeze/corrections/corrections-encoder.ts';
import { createInflateParser } from '../../../src/squeeze/tokens/inflate-parser.ts';
import { goDeflate } from '../../support/go-oracle.ts';
import { requireTool } from '../../support/required-tools.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { randomNumbers } from './random-numbers.ts';
import { randomStream } from './random-stream.ts';
import { deflateOf, describeStream, rebuildStream } from './rebuild-stream.ts';

/** Text of compilers and machine code: what layers hold. */
const sample = Buffer.concat([
  readFileSync(new URL('../../../node_modules/undici/lib/web/fetch/index.js', import.meta.url)).subarray(
    0,
    60_000,
  ),
  readFileSync(process.execPath).subarray(40_000_000, 40_080_000),
  readFileSync(new URL('../../../package-lock.json', import.meta.url)).subarray(0, 40_000),
]);

/** Size of the corrections in hundredths of the stream, after all of it came back. */
function costOf(stream: Buffer): number {
  const described = describeStream(stream);
  expect(rebuildStream(described, stream.length).equals(stream)).toBe(true);
  return (described.corrections.length / stream.length) * 100;
}

function runFilter(program: string, parameters: readonly string[]): Buffer {
  return deflateOf(execFileSync(requireTool(program), parameters, { input: sample, maxBuffer: 1e8 }));
}

/** Python's zlib, as Debian has it: its program reads standard input. */
function pythonDeflate(level: number, memory: number): Buffer {
  const program = `import sys,zlib
o=zlib.compressobj(${level},8,-15,${memory})
sys.stdout.buffer.write(o.compress(sys.stdin.buffer.read())+o.flush())`;
  return execFileSync(requireTool('/usr/bin/python3'), ['-c', program], { input: sample, maxBuffer: 1e8 });
}

describe('streams of real writers come back, with corrections of at most so many hundredths', () => {
  test.each([1, 3, 4, 6, 9])('zlib %i: 0.5', (level) => {
    expect(costOf(pythonDeflate(level, 8))).toBeLessThan(0.5);
  });

  test('zlib 6 with memory level 9: 0.5', () => expect(costOf(pythonDeflate(6, 9))).toBeLessThan(0.5));

  test.each([6])('gzip %i: 0.5', (level) => {
    expect(costOf(runFilter('gzip', [`-${level}nc`]))).toBeLessThan(0.5);
  });

  test.each([6])('pigz %i: 0.5', (level) => {
    expect(costOf(runFilter('pigz', [`-${level}nc`, '-p2']))).toBeLessThan(0.5);
  });

  test.each([
    [1, 12],
    [2, 5],
    [4, 0.5],
    [6, 0.5],
    [9, 0.5],
  ])('Go %i: %d', (level, most) => {
    expect(costOf(Buffer.concat(goDeflate([sample], level)))).toBeLessThan(most);
  });

  test.each([
    [1, 8],
    [6, 1],
    [9, 1],
    [0, 0.5],
  ])("Node's zlib %i: %d", (level, most) => {
    expect(costOf(deflateRawSync(sample, { level }))).toBeLessThan(most);
  });

  test.each([
    ['filtered', constants.Z_FILTERED],
    ['Huffman codes only', constants.Z_HUFFMAN_ONLY],
    ['runs only', constants.Z_RLE],
    ['fixed codes', constants.Z_FIXED],
  ])("Node's zlib, %s: 3", (_, strategy) => {
    expect(costOf(deflateRawSync(sample.subarray(40_000, 80_000), { strategy }))).toBeLessThan(3);
  });

  test('7z: 12', async () => {
    const output = join(await temporaryFolder(), 'x.gz');
    execFileSync(requireTool('7z'), ['a', '-tgzip', '-mx=5', '-si', output], {
      input: sample,
      stdio: 'pipe',
    });
    expect(costOf(deflateOf(readFileSync(output)))).toBeLessThan(12);
  });
});

describe('streams as no writer makes them', () => {
  test.each(Array.from({ length: 5 }, (_, seed) => seed + 1))(
    'random blocks, codes and tokens, seed %i',
    (seed) => {
      const random = randomNumbers(seed);
      const stream = randomStream(random, 1 + random(12));
      const described = describeStream(stream, 1 + random(5000));
      expect(described.plain.equals(inflateRawSync(stream))).toBe(true);
      expect(rebuildStream(described, stream.length, 1 + random(3000)).equals(stream)).toBe(true);
    },
  );

  test('a block of more tokens than are kept', () => {
    const random = randomNumbers(5);
    const stream = oneFixedBlock(Buffer.from(Array.from({ length: 540_000 }, () => random(256))));
    expect(rebuildStream(describeStream(stream), stream.length).equals(stream)).toBe(true);
  });

  test('nothing, one byte, zeros over several windows', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.of(7), Buffer.alloc(5_000_000)]) {
      const stream = deflateRawSync(bytes);
      expect(rebuildStream(describeStream(stream), stream.length).equals(stream)).toBe(true);
    }
  });
});

/** All bytes as literals of one block. */
function oneFixedBlock(bytes: Buffer): Buffer {
  const written = Buffer.alloc(bytes.length * 2);
  let position = 0;
  const put = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--, position++) setBit(written, position, (value >> bit) & 1);
  };
  put(0b110, 3);
  for (const byte of bytes) put(byte < 144 ? byte + 48 : byte + 256, byte < 144 ? 8 : 9);
  put(0, 7);
  return written.subarray(0, (position + 7) >> 3);
}

test('the size of pieces changes nothing', () => {
  const stream = deflateRawSync(sample.subarray(0, 80_000));
  const described = describeStream(stream, 997);
  expect(Buffer.from(described.corrections).equals(describeStream(stream).corrections)).toBe(true);
  expect(rebuildStream(described, stream.length, 1).equals(stream)).toBe(true);
});

test('corrections past their limit are given up early', () => {
  const random = randomNumbers(9);
  const stream = randomStream(random, 200);
  const analyzer = createCorrectionsAnalyzer({ maximumSize: 100 });
  const parser = createInflateParser((bytes) => analyzer.plain(bytes), analyzer);
  parser.push(stream);
  expect(analyzer.exceeded).toBe(true);
  expect(analyzer.finish(parser.padding)).toBeUndefined();
});

describe('hostile corrections', () => {
  const plain = sample.subarray(0, 30_000);
  const stream = deflateRawSync(plain, { level: 1 });
  const good = describeStream(stream);

  test.each(Array.from({ length: 5 }, (_, seed) => seed + 1))(
    'changed bytes, seed %i: an error, or bounded bytes',
    (seed) => {
      const random = randomNumbers(seed);
      for (let trial = 0; trial < 12; trial++) {
        const corrections = Uint8Array.from(
          good.corrections.subarray(0, random(3) > 0 ? undefined : random(300)),
        );
        for (let count = random(6); count >= 0; count--)
          corrections[random(corrections.length)] = random(256);
        expect(sizeOrError(corrections, plain)).toBeLessThanOrEqual(stream.length);
      }
    },
  );

  test('random bytes behind a good head', () => {
    const random = randomNumbers(77);
    for (let trial = 0; trial < 50; trial++) {
      const corrections = Uint8Array.from(good.corrections, (byte, index) =>
        index < 23 ? byte : random(256),
      );
      expect(sizeOrError(corrections, plain)).toBeLessThanOrEqual(stream.length);
    }
  });

  test('too many and too few plain bytes, and a stream that is longer than it may be, are errors', () => {
    const damaged = expect.objectContaining({ code: 'CORRECTIONS_INVALID' });
    const rebuild = (bytes: Buffer, size: number) => () => rebuildStream({ ...good, plain: bytes }, size);
    expect(rebuild(Buffer.concat([plain, Buffer.of(0)]), stream.length)).toThrow(damaged);
    expect(rebuild(plain.subarray(1), stream.length)).toThrow(damaged);
    expect(rebuild(plain, stream.length - 1)).toThrow(damaged);
    expect(() =>
      createCorrectionsEncoder({ corrections: Uint8Array.of(2), maximumSize: 1 }, () => {}),
    ).toThrow(damaged);
  });

  function sizeOrError(corrections: Uint8Array, bytes: Buffer): number {
    try {
      return rebuildStream({ plain: bytes, corrections }, stream.length).length;
    } catch (error) {
      if (error instanceof PaletteEdgeError && error.code === 'CORRECTIONS_INVALID') return 0;
      throw error;
    }
  }
});

function setBit(bytes: Uint8Array, position: number, bit: number): void {
  const at = position >> 3;
  bytes[at] = (bytes.at(at) ?? 0) | (bit << (position & 7));
}
