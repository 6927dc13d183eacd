import { deflateRawSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import {
  blockContexts,
  createBlockCoder,
  mostCostlyBlocks,
} from '../../../src/squeeze/corrections/block-coding.ts';
import { createCorrectionsAnalyzer } from '../../../src/squeeze/corrections/corrections-analyzer.ts';
import { createCorrectionsEncoder } from '../../../src/squeeze/corrections/corrections-encoder.ts';
import { encodeCorrections, parseCorrections } from '../../../src/squeeze/corrections/corrections-format.ts';
import { createRangeEncoder } from '../../../src/squeeze/corrections/range-encoder.ts';
import { BitWriter } from '../../../src/squeeze/tokens/bit-writer.ts';
import { createInflateParser } from '../../../src/squeeze/tokens/inflate-parser.ts';
import { describeStream, rebuildStream } from './rebuild-stream.ts';

const kinds = ['stored', 'with fixed codes'] as const;
const most = mostCostlyBlocks(0);

/** A stream of so many empty blocks. */
function emptyBlocks(kind: (typeof kinds)[number], count: number): Buffer {
  const pieces: Buffer[] = [];
  const writer = new BitWriter((bytes) => pieces.push(Buffer.from(bytes)));
  for (let left = count; left > 0; left -= 1) {
    const final = left === 1 ? 1 : 0;
    if (kind === 'stored') {
      writer.bits(final, 3);
      writer.align();
      writer.bits(0, 16);
      writer.bits(0xffff, 16);
    } else {
      writer.bits(final | 2, 3);
      writer.bits(0, 7);
    }
  }
  writer.align();
  writer.flush();
  return Buffer.concat(pieces);
}

/** Corrections that ask for so many empty blocks. */
function correctionsOf(kind: (typeof kinds)[number], count: number): Uint8Array {
  const { parameters } = parseCorrections(describeStream(deflateRawSync(Buffer.from('text'))).corrections);
  const coder = createRangeEncoder(blockContexts, 1_000_000);
  const blocks = createBlockCoder(coder);
  const block =
    kind === 'stored'
      ? { type: 0 as const, stored: { length: 0, padding: 0 }, tokens: 0, long: false }
      : { type: 1 as const, tokens: 0, long: false };
  for (let left = count; left > 0; left -= 1) blocks.block({ ...block, final: left === 1 });
  blocks.padding(0);
  return encodeCorrections({ parameters, blocks: coder.finish(), tokens: new Uint8Array(8) });
}

describe.each(kinds)('blocks without plain bytes, %s', (kind) => {
  test('as many as there may be come back', () => {
    const stream = emptyBlocks(kind, most);
    expect(rebuildStream(describeStream(stream), stream.length).equals(stream)).toBe(true);
  });

  test('of one more an analyzer makes no corrections', () => {
    const analyzer = createCorrectionsAnalyzer({ maximumSize: 1_000_000 });
    createInflateParser((bytes) => analyzer.plain(bytes), analyzer).push(emptyBlocks(kind, most + 1));
    expect(analyzer.exceeded).toBe(true);
  });

  test('few bytes that ask for many give an error before much is written', () => {
    const corrections = correctionsOf(kind, 500_000);
    expect(corrections.length).toBeLessThan(20_000);
    let written = 0;
    const rebuild = (): void => {
      createCorrectionsEncoder({ corrections, maximumSize: 2 ** 40 }, (bytes) => {
        written += bytes.length;
      }).finish();
    };
    expect(rebuild).toThrow(expect.objectContaining({ code: 'CORRECTIONS_INVALID' }));
    expect(written).toBeLessThan(100_000);
  });
});
