import type { DeflateSink } from '../deflate-encoder.ts';
import { BlockWriter } from './block-writer.ts';
import type { GenerationTraits } from './klauspost-generation.ts';
import { TokenBuffer, windowSize } from './token-buffer.ts';
import { leastSearched, type WindowMatcher } from './window-matcher.ts';

/** A window below this says little about the data. */
const smallWindow = 128;
/** A last window up to this is stored. */
const tinyWindow = 32;

/** How the plain bytes go on after a window. */
type WindowEnd = 'more' | 'flush' | 'close';

/** Cuts plain bytes into windows of 65,535 bytes and writes each as its own kind of block. */
export class WindowEncoder {
  readonly #matcher: WindowMatcher;
  readonly #traits: GenerationTraits;
  readonly #blocks: BlockWriter;
  readonly #tokens: TokenBuffer;
  readonly #window = new Uint8Array(windowSize);
  #filled = 0;

  constructor(matcher: WindowMatcher, traits: GenerationTraits, sink: DeflateSink) {
    this.#matcher = matcher;
    this.#traits = traits;
    this.#blocks = new BlockWriter(sink, traits);
    this.#tokens = new TokenBuffer(traits.cutsAt258);
  }

  /** Bits written so far. */
  get bits(): number {
    return this.#blocks.bits;
  }

  /** Forgets what was before; `dictionary` is what matches can be in. At a block boundary only. */
  restart(dictionary: Uint8Array): void {
    this.#matcher.forget();
    this.#matcher.encode(dictionary, this.#tokens);
    this.#tokens.clear();
  }

  /** Takes plain bytes. A full window is written when there is more, because it is then not the last. */
  write(plain: Uint8Array): void {
    for (let at = 0; at < plain.length;) {
      if (this.#filled === windowSize) this.#encode('more');
      const part = plain.subarray(at, at + windowSize - this.#filled);
      this.#window.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  /** Writes what is left and an empty stored block, which ends at a whole byte. */
  flush(): void {
    this.#encode('flush');
    this.#blocks.writeStored(new Uint8Array(0));
    this.#blocks.flush();
  }

  /** Writes what is left and the last block. */
  close(): void {
    this.#encode('close');
    this.#blocks.writeLast();
  }

  #encode(end: WindowEnd): void {
    const plain = this.#window.subarray(0, this.#filled);
    this.#filled = 0;
    if (plain.length === 0) return;
    if (plain.length < smallWindow && this.#isWrittenAsItIs(end)) {
      this.#writeSmall(plain);
      return;
    }
    const tokens = this.#tokens;
    this.#matcher.encode(plain, tokens);
    const window = { plain, ends: end !== 'more' };
    if (plain.length < leastSearched || (tokens.length === 0 && plain.length >= smallWindow)) {
      this.#blocks.writeStored(plain);
    } else if (tokens.length === 0 || tokens.length > plain.length - (plain.length >> 4)) {
      this.#blocks.writeLiterals(window);
    } else {
      this.#blocks.writeTokens(tokens, window);
    }
    tokens.clear();
  }

  #isWrittenAsItIs(end: WindowEnd): boolean {
    return this.#traits.matchesShortWindows ? end === 'close' && !this.#matcher.hasHistory : true;
  }

  #writeSmall(plain: Uint8Array): void {
    if (plain.length <= tinyWindow) {
      this.#blocks.writeStored(plain);
    } else {
      this.#blocks.writeLiterals({ plain, ends: true });
    }
    this.#matcher.forget();
  }
}
