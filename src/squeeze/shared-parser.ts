import type { DeflateBlock, DeflateBlockEnd, DeflateListener } from './tokens/deflate-block.ts';
import { createInflateParser } from './tokens/inflate-parser.ts';
import type { InflateParser, PlainSink } from './tokens/inflate-parser.ts';

/** One parser for streams that follow each other: to make one takes longer than to read a small stream. */
export class SharedParser {
  #plain: PlainSink = () => undefined;
  #listener: DeflateListener | undefined;
  readonly #parser = createInflateParser((bytes) => this.#plain(bytes), {
    block: (block: DeflateBlock) => this.#listener?.block(block),
    tokens: (tokens: Int32Array) => this.#listener?.tokens(tokens),
    end: (end: DeflateBlockEnd) => this.#listener?.end(end),
  });

  /** The parser at the beginning of a stream. The one before is no longer read. */
  begin(plain: PlainSink, listener: DeflateListener): InflateParser {
    this.#plain = plain;
    this.#listener = listener;
    this.#parser.restart();
    return this.#parser;
  }
}
