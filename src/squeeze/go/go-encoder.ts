import type { DeflateEncoder, DeflateSink, EncoderOptions } from '../deflate-encoder.ts';
import { BitWriter } from '../tokens/bit-writer.ts';
import { BlockWriter, mostStored } from './block-writer.ts';
import { FastMatcher } from './fast-matcher.ts';
import { GreedyEncoder } from './greedy-encoder.ts';
import type { GreedyLimits } from './greedy-encoder.ts';
import { invalidStart } from './invalid-start.ts';
import { LazyEncoder } from './lazy-encoder.ts';
import type { LazyLimits } from './lazy-encoder.ts';
import { StretchEncoder } from './stretch-encoder.ts';

const greedyLevels: Readonly<Partial<Record<number, GreedyLimits>>> = {
  2: { chain: 8, nice: 16, insert: 5 },
  3: { chain: 32, nice: 32, insert: 6 },
};

const lazyLevels: Readonly<Partial<Record<number, LazyLimits>>> = {
  4: { chain: 16, nice: 16, lazy: 4 },
  5: { chain: 32, nice: 32, lazy: 16 },
  6: { chain: 128, nice: 128, lazy: 16 },
  7: { chain: 256, nice: 128, lazy: 32 },
  8: { chain: 1024, nice: 258, lazy: 128 },
  9: { chain: 4096, nice: 258, lazy: 258 },
};

/**
 * An encoder that writes what `compress/flate` of Go 1.8 to 1.26 writes when it is closed without flushes before
 * (docs/gzip-encoders/go.md).
 *
 * @param level 0 to 9, -2 for literals only, -1 for the default
 * @param options `from` only for levels that have checkpoints ({@link hasCheckpoints}); `onBlock` is not called for the others
 * @throws PaletteEdgeError `RECIPE_INVALID` (kind content) for another level, or a checkpoint that is none of this level
 */
export function createGoEncoder(
  level: number,
  sink: DeflateSink,
  options: EncoderOptions = {},
): DeflateEncoder {
  const { from } = options;
  if (!Number.isInteger(level) || level < -2 || level > 9) throw invalidStart(`level ${level}`);
  if (from !== undefined && !hasCheckpoints(level)) throw invalidStart(`level ${level} from the middle`);
  return createEncoder(level, new BitWriter(sink, from === undefined ? 0 : from.checkpoint.bits), options);
}

/** Whether an encoder of this level can begin at a block in the middle. Levels 1 to 3 remember too much for that. */
export function hasCheckpoints(level: number): boolean {
  return level < 1 || level > 3;
}

function createEncoder(level: number, output: BitWriter, options: EncoderOptions): DeflateEncoder {
  const lazy = lazyLevels[level === -1 ? 6 : level];
  if (lazy !== undefined) return new LazyEncoder(lazy, output, options);
  const writer = new BlockWriter(output);
  const greedy = greedyLevels[level];
  if (greedy !== undefined) return new GreedyEncoder(greedy, writer);
  return level === 1 ? createFastEncoder(writer) : createPlainEncoder(level, output, options);
}

function createFastEncoder(writer: BlockWriter): DeflateEncoder {
  const matcher = new FastMatcher();
  return new StretchEncoder(matcher.plain, {
    writeBlock: (length) => {
      const plain = matcher.plain.subarray(mostStored, mostStored + length);
      // Only the last block can be so short.
      if (length <= 16) writer.writeStored(plain);
      else if (length < 128) writer.writeLiterals(plain);
      else writeFastBlock(writer, matcher, plain);
      matcher.advance();
    },
    finish: () => writer.finish(),
  });
}

function writeFastBlock(writer: BlockWriter, matcher: FastMatcher, plain: Uint8Array): void {
  const count = matcher.match(plain.length);
  if (count > plain.length - (plain.length >>> 4)) writer.writeLiterals(plain);
  else writer.writeDynamic(matcher.tokens.subarray(0, count), plain);
}

/** Levels 0 and -2, which know nothing of what was before. */
function createPlainEncoder(level: number, output: BitWriter, options: EncoderOptions): DeflateEncoder {
  const writer = new BlockWriter(output);
  const bytes = new Uint8Array(mostStored);
  let done = options.from?.checkpoint.plain ?? 0;
  return new StretchEncoder(bytes, {
    writeBlock: (length) => {
      const plain = bytes.subarray(0, length);
      if (level === 0) writer.writeStored(plain);
      else writer.writeLiterals(plain);
      done += length;
      options.onBlock?.({ plain: done, bits: output.position, state: [] });
    },
    finish: () => writer.finish(),
  });
}
