import { windowBytes } from './match-window.ts';
import type { DeflateEncoder } from '../deflate-encoder.ts';
import type { MatchWindow } from './match-window.ts';
import type { Matcher } from './matcher.ts';

/** Fills a window as large reads from a file do, and lets a matcher run whenever it is full. */
export class WindowEncoder implements DeflateEncoder {
  readonly #window: MatchWindow;
  readonly #matcher: Matcher;

  constructor(window: MatchWindow, matcher: Matcher) {
    this.#window = window;
    this.#matcher = matcher;
  }

  write(plain: Uint8Array): void {
    for (let from = 0; from < plain.length;) {
      // Not before more bytes are there: at the end, the matcher has to know that it is the end.
      if (this.#window.end === windowBytes) this.#matcher.run();
      from += this.#window.append(plain, from);
    }
  }

  finish(): void {
    this.#matcher.finish();
  }
}
