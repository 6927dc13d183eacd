import type { DeflateListener } from './deflate-block.ts';

/** Takes plain bytes in order, in pieces of up to about 64 KiB. They are valid only until it returns. */
export type PlainSink = (plain: Uint8Array) => void;

/**
 * Reads one raw DEFLATE stream in pieces of any size. It accepts what zlib accepts and refuses what zlib refuses; it never throws
 * for what is in the stream. Memory is bounded whatever the stream says.
 */
export interface InflateParser {
  /**
   * Reads on. All plain bytes that the piece gives go to the sink before it returns: up to 1032 times its size.
   *
   * @returns how many bytes of the piece belong to the stream: all of them while `state` is `more`; fewer when it ended in this piece,
   *   as the rest is not part of it
   */
  push(piece: Uint8Array): number;
  readonly state: 'more' | 'ended' | 'invalid';
  /** Why the stream is invalid: a few words. */
  readonly reason: string | undefined;
  /** Bits of the stream that were read; when it ended, without the padding to a whole byte. */
  readonly bits: number;
  /** Plain bytes given to the sink. */
  readonly plain: number;
  /** When it ended: the bits that fill its last byte, the first of them lowest. Nearly always 0. */
  readonly padding: number;
}

/** A parser at the beginning of a stream. Without a listener no tokens are kept, which is faster. */
export declare function createInflateParser(plain: PlainSink, listener?: DeflateListener): InflateParser;
