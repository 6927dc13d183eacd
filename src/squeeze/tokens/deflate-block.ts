/** What is known at the beginning of a block of a DEFLATE stream (RFC 1951, section 3.2.3). */
export interface DeflateBlock {
  /** BTYPE: 0 stored, 1 fixed codes, 2 dynamic codes. */
  readonly type: 0 | 1 | 2;
  /** BFINAL. */
  readonly final: boolean;
  /** Bits of the stream before the three bits of its header. */
  readonly bits: number;
  /** Plain bytes before it. */
  readonly plain: number;
  /** Of a stored block only. */
  readonly stored?: StoredBlock;
  /** Of a block with dynamic codes only. */
  readonly codes?: CodedLengths;
}

/** The head of a stored block (RFC 1951, section 3.2.4). */
export interface StoredBlock {
  /** LEN: how many bytes follow. */
  readonly length: number;
  /** The bits that fill the last byte before LEN, the first of them lowest. Most writers leave them 0. */
  readonly padding: number;
}

/** The code lengths of a block as they are written (RFC 1951, section 3.2.7). The arrays are valid until the next block only. */
export interface CodedLengths {
  /** HLIT + 257. */
  readonly literals: number;
  /** HDIST + 1. */
  readonly distances: number;
  /** HCLEN + 4 lengths of the code for code lengths, in the order they are written: 16, 17, 18, 0, 8, … */
  readonly codeLengths: Uint8Array;
  /** The symbols in order, 0–18; for 16, 17 and 18 the value of their extra bits is added from bit 8 on. */
  readonly symbols: Uint16Array;
  /** What the symbols say: lengths of the `literals` literal/length codes, then of the `distances` distance codes. */
  readonly lengths: Uint8Array;
}

/** Where a block ended. */
export interface DeflateBlockEnd {
  /** Bits of the stream up to its end. */
  readonly bits: number;
  /** Plain bytes up to its end. */
  readonly plain: number;
  /** Literals and matches of a block with codes, without the symbol for its end. */
  readonly tokens: number;
}

/**
 * Takes what a parser reads of a stream, in this order: `block`, then plain bytes and `tokens` alternating, then `end`.
 * At each call of `tokens` the plain sink has had all bytes that they give, and no more; at `block` and `end` all before.
 */
export interface DeflateListener {
  block(block: DeflateBlock): void;
  /**
   * The next literals and matches of the block, at least one: at most {@link mostTokens} at once. Below 256 a literal, else a
   * match of {@link tokenLength} and {@link tokenDistance}. Valid until it returns.
   */
  tokens(tokens: Int32Array): void;
  end(end: DeflateBlockEnd): void;
}

/** Most tokens that are handed out at once: the plain bytes of these are at most as many, and 258 more. */
export const mostTokens = 64 * 1024;

/** Set in a match of 258 bytes that is written as symbol 284 with extra bits 31, not as 285: both are valid. */
export const longLength284 = 1 << 26;

/** A match as a token: `length` 3–258, `distance` 1–32768. */
export function matchToken(length: number, distance: number): number {
  return (length << 16) | distance;
}

/** The length of a match. */
export function tokenLength(token: number): number {
  return (token >>> 16) & 0x1ff;
}

/** The distance of a match. */
export function tokenDistance(token: number): number {
  return token & 0xffff;
}
