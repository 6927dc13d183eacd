import type { DeflateListener } from '../tokens/deflate-block.ts';
import { createBlockDescriber } from './block-describer.ts';
import { chooseModel, type ChosenModel } from './choose-model.ts';
import { encodeCorrections } from './corrections-format.ts';
import { canGoOn, createWindow, fillWindow, slideWindow, type PlainWindow } from './plain-window.ts';
import { createRangeEncoder, type RangeEncoder } from './range-encoder.ts';
import { createTokenModel, tokenContexts, type TokenModel } from './token-model.ts';
import { createTokenQueue, type TokenQueue } from './token-queue.ts';

/** Describes one stream as the corrections of a model's guesses. It listens to an inflate parser; `plain` is its sink. */
export interface CorrectionsAnalyzer extends DeflateListener {
  /** Takes the plain bytes. */
  plain(bytes: Uint8Array): void;
  /** They are larger than they may be already: the rest need not be read. */
  readonly exceeded: boolean;
  /** The model that was chosen, after the end. */
  readonly model: ChosenModel | undefined;
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

/** What corrections may cost. */
export interface CorrectionsLimits {
  /** Most bytes of them. */
  readonly maximumSize: number;
  /** The model of another stream of the same file. */
  readonly before?: ChosenModel | undefined;
}

/** An analyzer of a stream. Memory: some 20 MiB, and twice `maximumSize`. */
export function createCorrectionsAnalyzer(limits: CorrectionsLimits): CorrectionsAnalyzer {
  const { maximumSize } = limits;
  const blocks = createBlockDescriber(maximumSize);
  const tokens = createTokenDescriber(limits);
  let exceeded = false;
  let inStored = false;
  const check = (): void => {
    if (blocks.tooMany() || blocks.size() + tokens.size > maximumSize) exceeded = true;
  };
  return {
    get exceeded() {
      return exceeded;
    },
    get model() {
      return tokens.model;
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
  finish(): { readonly parameters: ChosenModel['parameters']; readonly tokens: Uint8Array };
  readonly model: ChosenModel | undefined;
}

function createTokenDescriber({ maximumSize, before }: CorrectionsLimits): TokenDescriber {
  const window = createWindow();
  const queue = createTokenQueue();
  const coder: RangeEncoder = createRangeEncoder(tokenContexts, maximumSize);
  let chosen: ChosenModel | undefined;
  let model: TokenModel | undefined;
  const choose = (): TokenModel => {
    chosen = chooseModel({ window, tokens: queue.all() }, before);
    model = createTokenModel(chosen.parameters, window, coder);
    return model;
  };
  const goOn = (): void => {
    if (model !== undefined) describe(queue, window, model);
    else if (window.end >= sampleSize) describe(queue, window, choose());
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
        if (shift > 0) model?.rebase(shift);
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
      describe(queue, window, model ?? choose());
      if (chosen === undefined) throw new TypeError('no model was chosen');
      return { parameters: chosen.parameters, tokens: coder.finish() };
    },
    get model() {
      return chosen;
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
