import type { DeflateListener } from '../tokens/deflate-block.ts';
import { createBlockDescriber } from './block-describer.ts';
import { chooseModel } from './choose-model.ts';
import { encodeCorrections } from './corrections-format.ts';
import { canGoOn, createWindow, fillWindow, slideWindow, type PlainWindow } from './plain-window.ts';
import type { ModelParameters } from './model-parameters.ts';
import { createRangeEncoder, type RangeEncoder } from './range-encoder.ts';
import { createTokenModel, tokenContexts, type TokenModel } from './token-model.ts';
import { createTokenQueue, type TokenQueue } from './token-queue.ts';

/** Describes one stream as the corrections of a model's guesses. It listens to an inflate parser; `plain` is its sink. */
export interface CorrectionsAnalyzer extends DeflateListener {
  /** Takes the plain bytes. */
  plain(bytes: Uint8Array): void;
  /** They are larger than they may be already: the rest need not be read. */
  readonly exceeded: boolean;
  /**
   * Ends it, after the end of the final block.
   *
   * @param padding the bits that fill the last byte of the stream
   * @returns the corrections, or undefined when they are larger than `maximumSize`
   */
  finish(padding: number): Uint8Array | undefined;
}

/** Plain bytes from which a model is chosen. */
const sampleSize = 768 * 1024;

/** An analyzer of a stream. Memory: some 20 MiB, and twice `maximumSize`. */
export function createCorrectionsAnalyzer({
  maximumSize,
}: {
  readonly maximumSize: number;
}): CorrectionsAnalyzer {
  const blocks = createBlockDescriber(maximumSize);
  const tokens = createTokenDescriber(maximumSize);
  let exceeded = false;
  let inStored = false;
  const check = (): void => {
    if (blocks.tooMany() || blocks.size() + tokens.size > maximumSize) exceeded = true;
  };
  return {
    get exceeded() {
      return exceeded;
    },
    plain(bytes) {
      if (!exceeded) tokens.plain(bytes);
    },
    block(block) {
      if (exceeded) return;
      blocks.block(block);
      check();
      inStored = block.stored !== undefined && block.stored.length > 0;
      if (block.stored !== undefined && block.stored.length > 0)
        tokens.tokens(Int32Array.of(-block.stored.length));
    },
    tokens(some) {
      if (exceeded) return;
      blocks.tokens(some);
      tokens.tokens(some);
      check();
    },
    end(end) {
      if (exceeded) return;
      blocks.end(end);
      if (inStored) tokens.goOn();
      check();
    },
    finish(padding) {
      if (exceeded) return undefined;
      const corrections = encodeCorrections({ ...tokens.finish(), blocks: blocks.finish(padding) });
      return corrections.length > maximumSize ? undefined : corrections;
    },
  };
}

interface TokenDescriber {
  readonly size: number;
  plain(bytes: Uint8Array): void;
  tokens(tokens: Int32Array): void;
  goOn(): void;
  finish(): { readonly parameters: ModelParameters; readonly tokens: Uint8Array };
}

interface ChosenModel {
  readonly parameters: ModelParameters;
  readonly model: TokenModel;
}

function createTokenDescriber(maximumSize: number): TokenDescriber {
  const window = createWindow();
  const queue = createTokenQueue();
  const coder: RangeEncoder = createRangeEncoder(tokenContexts, maximumSize);
  let chosen: ChosenModel | undefined;
  const choose = (): ChosenModel => {
    const parameters = chooseModel({ window, tokens: queue.all() });
    chosen = { parameters, model: createTokenModel(parameters, window, coder) };
    return chosen;
  };
  const goOn = (): void => {
    if (chosen !== undefined) describe(queue, window, chosen.model);
    else if (window.end >= sampleSize) describe(queue, window, choose().model);
  };
  return {
    get size() {
      return coder.size;
    },
    plain(bytes) {
      for (let start = 0; start < bytes.length;) {
        const taken = fillWindow(window, bytes.subarray(start));
        start += taken;
        if (start === bytes.length) return;
        goOn();
        const shift = slideWindow(window);
        if (shift > 0) chosen?.model.rebase(shift);
        else if (taken === 0) throw new TypeError('plain bytes are far ahead of their tokens');
      }
    },
    tokens(tokens) {
      queue.append(tokens);
      goOn();
    },
    goOn,
    finish() {
      window.complete = true;
      const { parameters, model } = chosen ?? choose();
      describe(queue, window, model);
      return { parameters, tokens: coder.finish() };
    },
  };
}

/** Codes the tokens behind which there are enough plain bytes. */
function describe(queue: TokenQueue, window: PlainWindow, model: TokenModel): void {
  while (queue.length > 0) {
    const token = queue.first();
    if (token < 0 ? window.end - window.position < -token : !canGoOn(window)) return;
    queue.removeFirst();
    if (token < 0) model.skip(-token);
    else model.token(token);
  }
}
