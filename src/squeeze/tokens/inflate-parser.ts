import { BitSource } from './bit-source.ts';
import type { DeflateBlock, DeflateListener } from './deflate-block.ts';
import { BlockCodes, readCodes, readStoredHead, useFixedCodes } from './read-block-head.ts';
import { TokenOutput, fullAt, readTokens, windowSize } from './read-tokens.ts';

/** Takes plain bytes in order, in pieces of up to about 64 KiB. They are valid only until it returns. */
export type PlainSink = (plain: Uint8Array) => void;

/**
 * Reads one raw DEFLATE stream (RFC 1951) in pieces of any size. It accepts what zlib accepts and refuses what zlib refuses; it never
 * throws for what is in the stream. Memory is bounded whatever the stream says.
 */
export interface InflateParser {
  /**
   * Reads on. All plain bytes that the piece gives go to the sink before it returns: up to 1032 times its size.
   *
   * @returns how many bytes of the piece belong to the stream: all of them while `state` is `more`; fewer when it ended in this piece,
   *   as the rest is not part of it
   */
  push(piece: Uint8Array): number;
  /** Begins a new stream, with the same sink and listener: cheaper than a new parser. */
  restart(): void;
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

/** A parser at the beginning of a stream. */
export function createInflateParser(plain: PlainSink, listener?: DeflateListener): InflateParser {
  return new Parser(plain, listener);
}

const reasons = {
  literal: 'invalid literal code',
  distance: 'invalid distance code',
  far: 'a match from before the beginning',
};

class Parser implements InflateParser {
  state: InflateParser['state'] = 'more';
  reason: string | undefined;
  plain = 0;
  padding = 0;
  readonly #source = new BitSource();
  readonly #codes = new BlockCodes();
  readonly #output = new TokenOutput();
  readonly #sink: PlainSink;
  readonly #listener: DeflateListener | undefined;
  /** The block that is read; undefined between blocks. */
  #block: DeflateBlock | undefined;
  /** Bytes that are left of a stored block. */
  #stored = 0;
  #tokens = 0;
  /** Up to where the output was handed out. */
  #given = 0;

  constructor(sink: PlainSink, listener: DeflateListener | undefined) {
    this.#sink = sink;
    this.#listener = listener;
  }

  get bits(): number {
    return this.#source.position;
  }

  restart(): void {
    this.state = 'more';
    this.reason = undefined;
    this.plain = 0;
    this.padding = 0;
    this.#source.clear();
    this.#block = undefined;
    this.#output.position = 0;
    this.#output.count = 0;
    this.#given = 0;
  }

  push(piece: Uint8Array): number {
    const source = this.#source;
    let taken = 0;
    while (this.state === 'more' && taken < piece.length) {
      taken += source.fill(piece.subarray(taken));
      while (this.#step());
      this.#give();
    }
    if (this.state === 'ended') {
      const used = (source.bit + 7) >> 3;
      // A part of a stream that misses bits is read again: what is left over is of this piece.
      taken -= (source.end >> 3) - used;
      this.padding = source.view.getUint8(used - 1) >> (8 - (-source.bit & 7));
      if ((source.bit & 7) === 0) this.padding = 0;
    }
    return taken;
  }

  /** Does the next thing. @returns whether there may be another */
  #step(): boolean {
    if (this.#block === undefined) return this.#begin();
    return this.#block.type === 0 ? this.#copyStored() : this.#readTokens();
  }

  /** Reads the head of a block, or nothing of it while not all of it is here. */
  #begin(): boolean {
    const source = this.#source;
    const start = source.bit;
    const bits = source.position;
    const final = source.take(1) === 1;
    const head = this.#readHead(source.take(2));
    if (source.bit > source.end) {
      source.bit = start;
      return false;
    }
    if (typeof head === 'string') return this.#refuse(head);
    this.#give();
    this.#block = { final, bits, plain: this.plain, ...head };
    this.#stored = head.stored?.length ?? 0;
    this.#tokens = 0;
    this.#listener?.block(this.#block);
    return true;
  }

  #readHead(type: number): Pick<DeflateBlock, 'type' | 'stored' | 'codes'> | string {
    if (type === 0) {
      const stored = readStoredHead(this.#source);
      return typeof stored === 'string' ? stored : { type, stored };
    }
    if (type === 1) {
      useFixedCodes(this.#codes);
      return { type };
    }
    if (type !== 2) return 'invalid type of block';
    const codes = readCodes(this.#source, this.#codes);
    return typeof codes === 'string' ? codes : { type, codes };
  }

  #copyStored(): boolean {
    const [source, output] = [this.#source, this.#output];
    const start = source.bit >> 3;
    const size = Math.min(this.#stored, (source.end >> 3) - start, output.plain.length - output.position);
    output.plain.set(source.bytes.subarray(start, start + size), output.position);
    output.position += size;
    source.bit += size * 8;
    this.#stored -= size;
    if (this.#stored === 0) return this.#end();
    if (output.position >= fullAt) this.#give();
    return source.bit < source.end;
  }

  #readTokens(): boolean {
    const stop = readTokens(this.#source, this.#codes, this.#output);
    if (stop === 'full') this.#give();
    if (stop === 'full' || stop === 'short') return stop === 'full';
    return stop === 'end' ? this.#end() : this.#refuse(reasons[stop]);
  }

  #end(): boolean {
    this.#give();
    const final = this.#block?.final === true;
    this.#block = undefined;
    this.#listener?.end({ bits: this.bits, plain: this.plain, tokens: this.#tokens });
    if (final) this.state = 'ended';
    return !final;
  }

  #refuse(reason: string): boolean {
    this.#give();
    this.state = 'invalid';
    this.reason = reason;
    return false;
  }

  /** Hands out the plain bytes and the tokens that are there. */
  #give(): void {
    const output = this.#output;
    const { plain, position, count } = output;
    if (position > this.#given) {
      this.plain += position - this.#given;
      this.#sink(plain.subarray(this.#given, position));
    }
    this.#tokens += count;
    output.count = 0;
    if (count > 0) this.#listener?.tokens(output.tokens.subarray(0, count));
    if (position >= fullAt) {
      plain.copyWithin(0, position - windowSize, position);
      output.position = windowSize;
    }
    this.#given = output.position;
  }
}
