import type { DeflateEncoder, DeflateSink } from '../deflate-encoder.ts';
import {
  blockContexts,
  createBlockCoder,
  mostBuffered,
  mostCostlyBlocks,
  type CodedBlock,
} from './block-coding.ts';
import { createBlockWriter, type BlockWriter } from './block-writer.ts';
import { parseCorrections } from './corrections-format.ts';
import { clearSymbolCounts, countSymbols, createSymbolCounts } from './count-symbols.ts';
import { invalidCorrections } from './invalid-corrections.ts';
import { canGoOn, createWindow, fillWindow, slideWindow, type PlainWindow } from './plain-window.ts';
import { createRangeDecoder } from './range-decoder.ts';
import { createTokenModel, tokenContexts, type TokenModel } from './token-model.ts';
import { codeTrees } from './tree-coding.ts';

/** What a stream is rebuilt from, besides its plain bytes. */
export interface CorrectionsInput {
  readonly corrections: Uint8Array;
  /** Bytes of the stream: more are never written. */
  readonly maximumSize: number;
}

/**
 * Rebuilds the stream that an analyzer saw. Whatever the corrections are, time and output are bounded by the plain bytes and
 * `maximumSize`, and memory does not depend on them.
 *
 * @throws PaletteEdgeError CORRECTIONS_INVALID at once, or from `write` and `finish`, when the corrections cannot be of these bytes.
 *   Damaged ones can give wrong bytes as well: the caller checks a digest.
 */
export function createCorrectionsEncoder(
  { corrections, maximumSize }: CorrectionsInput,
  sink: DeflateSink,
): DeflateEncoder {
  const parts = parseCorrections(corrections);
  const window = createWindow();
  const model = createTokenModel(parts.parameters, window, createRangeDecoder(tokenContexts, parts.tokens));
  const writer = createBlockWriter(limitedSink(sink, maximumSize));
  const stream = writeStream({ window, model, writer, blocks: parts.blocks });
  stream.next();
  return {
    write(plain) {
      for (let start = 0; start < plain.length;) {
        start += fillWindow(window, plain.subarray(start));
        if (stream.next().done === true) checkEnd(window);
        const shift = slideWindow(window);
        if (shift > 0) model.rebase(shift);
      }
    },
    finish() {
      window.complete = true;
      if (stream.next().done !== true) throw invalidCorrections('there are too few plain bytes');
      checkEnd(window);
    },
  };
}

function checkEnd({ position, end }: PlainWindow): void {
  if (position < end) throw invalidCorrections('there are too many plain bytes');
}

function limitedSink(sink: DeflateSink, maximumSize: number): DeflateSink {
  let size = 0;
  return (bytes) => {
    size += bytes.length;
    if (size > maximumSize) throw invalidCorrections(`they give more than ${maximumSize} bytes`);
    sink(bytes);
  };
}

interface StreamParts {
  readonly window: PlainWindow;
  readonly model: TokenModel;
  readonly writer: BlockWriter;
  readonly blocks: Uint8Array;
}

/** Writes block after block. It stops where it lacks plain bytes, and goes on with the next call. */
function* writeStream({ window, model, writer, blocks }: StreamParts): Generator<void, void> {
  const coder = createRangeDecoder(blockContexts, blocks);
  const blockCoder = createBlockCoder(coder);
  const counts = createSymbolCounts();
  const tokens = createTokenReader(window, model);
  let plain = 0;
  let costly = 0;
  const count = (): void => {
    if (++costly > mostCostlyBlocks(plain)) throw invalidCorrections('there are too many blocks');
  };
  let block: CodedBlock;
  do {
    block = blockCoder.block();
    const before = plain;
    if (block.type === 2) count();
    const codes = () => (block.type === 2 ? codeTrees({ coder, first: 0 }, counts) : undefined);
    clearSymbolCounts(counts);
    if (block.stored !== undefined) {
      writer.stored(block.final, block.stored);
      yield* copyStored({ window, model, writer }, block.stored.length);
      plain += block.stored.length;
    } else if (block.long) {
      writer.coded(block.final, codes());
      let last = false;
      while (!last) {
        const run = blockCoder.run(0, false);
        const read = yield* tokens.read(run.tokens);
        plain += tokens.plain;
        writer.tokens(read);
        last = run.last;
      }
      writer.end();
    } else {
      const read = yield* tokens.read(block.tokens);
      plain += tokens.plain;
      countSymbols(counts, read);
      writer.coded(block.final, codes());
      writer.tokens(read);
      writer.end();
    }
    if (block.type !== 2 && plain === before) count();
  } while (!block.final);
  writer.finish(blockCoder.padding(0));
}

function* copyStored(
  { window, model, writer }: Pick<StreamParts, 'window' | 'model' | 'writer'>,
  length: number,
): Generator<void, void> {
  while (window.end - window.position < length && !window.complete) yield;
  const { position } = window;
  model.skip(length);
  writer.bytes(window.bytes.subarray(position, position + length));
}

/** Reads tokens into memory that is used again. */
function createTokenReader(
  window: PlainWindow,
  model: TokenModel,
): { read(count: number): Generator<void, Int32Array>; readonly plain: number } {
  let buffer = new Int32Array(32 * 1024);
  let plain = 0;
  const readSome = (from: number, count: number): number => {
    let index = from;
    while (index < count && canGoOn(window)) {
      const { position } = window;
      buffer[index++] = model.token(0);
      plain += window.position - position;
    }
    return index;
  };
  return {
    get plain() {
      return plain;
    },
    *read(count) {
      if (count > buffer.length) buffer = new Int32Array(mostBuffered);
      plain = 0;
      for (let index = readSome(0, count); index < count; index = readSome(index, count)) yield;
      return buffer.subarray(0, count);
    },
  };
}
