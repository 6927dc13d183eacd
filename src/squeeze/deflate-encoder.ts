/**
 * Writes one raw DEFLATE stream (RFC 1951) as a certain program would: the same plain bytes give the same stream, bit for bit.
 * Synchronous, for a thread of its own. Memory is bounded by the window, not by the stream.
 */
export interface DeflateEncoder {
  /** Takes the next plain bytes, in pieces of any size: they do not change the stream. The piece may be used again afterwards. */
  write(plain: Uint8Array): void;
  /** Ends the stream: what is left, the last block, and padding up to a whole byte. */
  finish(): void;
}

/** Takes what an encoder wrote, in order, in pieces of any size. They are valid only until it returns. */
export type DeflateSink = (bytes: Uint8Array) => void;

/**
 * Where an encoder can begin again in the middle: at the beginning of a block. The plain bytes before it are needed as history, at
 * most {@link historySize} of them.
 */
export interface EncoderCheckpoint {
  /** Plain bytes before it: writing goes on with the byte at this position. */
  readonly plain: number;
  /** Bits of the stream before it. */
  readonly bits: number;
  /** What else the encoder has to know, in its own order: safe integers. */
  readonly state: readonly number[];
}

/** Most plain bytes before a checkpoint that an encoder needs: the window of DEFLATE. */
export const historySize = 32 * 1024;

/** Where an encoder begins that goes on in the middle of a stream. */
export interface EncoderStart {
  readonly checkpoint: EncoderCheckpoint;
  /** The plain bytes right before the checkpoint: {@link historySize} of them, or all there are. */
  readonly history: Uint8Array;
}

/** How an encoder that can begin in the middle is made. */
export interface EncoderOptions {
  /**
   * Begins there instead of at the beginning. The first byte for the sink is the one that holds the bit at `checkpoint.bits`; the
   * bits before it in that byte are 0, for the caller to merge.
   */
  readonly from?: EncoderStart;
  /** Called at the beginning of each block but the first. The object may be kept. */
  readonly onBlock?: (checkpoint: EncoderCheckpoint) => void;
}
