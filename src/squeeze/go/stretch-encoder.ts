import type { DeflateEncoder } from '../deflate-encoder.ts';
import { mostStored } from './block-writer.ts';

/** Collects the plain bytes of a block of levels -2, 0 and 1: 65,535, or what is left at the end. */
export class StretchEncoder implements DeflateEncoder {
  readonly #plain: Uint8Array;
  readonly #offset: number;
  #length = 0;
  readonly #blocks: StretchBlocks;

  /** @param plain where the bytes are collected, at its end */
  constructor(plain: Uint8Array, blocks: StretchBlocks) {
    this.#plain = plain;
    this.#offset = plain.length - mostStored;
    this.#blocks = blocks;
  }

  write(plain: Uint8Array): void {
    for (let done = 0; done < plain.length;) {
      if (this.#length === mostStored) this.#writeBlock();
      const part = plain.subarray(done, done + mostStored - this.#length);
      this.#plain.set(part, this.#offset + this.#length);
      this.#length += part.length;
      done += part.length;
    }
  }

  finish(): void {
    if (this.#length > 0) this.#writeBlock();
    this.#blocks.finish();
  }

  #writeBlock(): void {
    this.#blocks.writeBlock(this.#length);
    this.#length = 0;
  }
}

/** What is done with the bytes. */
export interface StretchBlocks {
  /** Writes the block of the `length` bytes that were collected. */
  writeBlock(length: number): void;
  /** Ends the stream. */
  finish(): void;
}
