import type { DeflateBlock, DeflateBlockEnd } from '../tokens/deflate-block.ts';
import { blockContexts, createBlockCoder, mostBuffered, mostCostlyBlocks } from './block-coding.ts';
import { clearSymbolCounts, countSymbols, createSymbolCounts } from './count-symbols.ts';
import { createRangeEncoder } from './range-encoder.ts';
import { codeTrees } from './tree-coding.ts';

/** Codes the blocks that a parser finds, without their tokens. */
export interface BlockDescriber {
  size(): number;
  /** More blocks than corrections may describe. */
  tooMany(): boolean;
  block(block: DeflateBlock): void;
  tokens(tokens: Int32Array): void;
  end(end: DeflateBlockEnd): void;
  finish(padding: number): Uint8Array;
}

/** A describer before the first block. It keeps no more than `maximumSize` bytes. */
export function createBlockDescriber(maximumSize: number): BlockDescriber {
  const coder = createRangeEncoder(blockContexts, maximumSize);
  const blockCoder = createBlockCoder(coder);
  const counts = createSymbolCounts();
  const none = createSymbolCounts();
  let current: DeflateBlock | undefined;
  let [run, costly, mostAllowed] = [0, 0, 0];
  let long = false;
  const describeHead = (): void => {
    if (current === undefined) throw new TypeError('there is no block');
    const { type, final, stored, codes } = current;
    blockCoder.block({ type, final, tokens: run, long, ...(stored === undefined ? {} : { stored }) });
    if (codes !== undefined) codeTrees({ coder, first: 0 }, long ? none : counts, codes);
  };
  const endRun = (): void => {
    if (!long) {
      long = true;
      describeHead();
    }
    blockCoder.run(run, false);
    run = 0;
  };
  return {
    size: () => coder.size,
    tooMany: () => costly > mostAllowed,
    block(block) {
      current = block;
      run = 0;
      long = false;
      clearSymbolCounts(counts);
      mostAllowed = mostCostlyBlocks(block.plain);
      if (block.type === 2) costly++;
    },
    tokens(tokens) {
      countSymbols(counts, tokens);
      if (run + tokens.length > mostBuffered) endRun();
      run += tokens.length;
    },
    end({ plain }) {
      if (current !== undefined && current.type !== 2 && plain === current.plain) costly++;
      if (long) blockCoder.run(run, true);
      else describeHead();
    },
    finish(padding) {
      blockCoder.padding(padding);
      return coder.finish();
    },
  };
}
