import { crc32 } from 'node:zlib';

import { PaletteEdgeError } from '../errors.ts';
import { readGzipHead, readGzipTrailer, trailerSize } from './gzip-member.ts';
import { createInflateParser } from './tokens/inflate-parser.ts';
import type { PlainSink } from './tokens/inflate-parser.ts';

/** Gives the plain bytes of a gzip file: of all its members. What follows the last of them is not looked at. */
export interface GzipInflater {
  /**
   * Takes the next bytes. A piece gives up to 1032 times its size.
   *
   * @throws PaletteEdgeError `GZIP_INVALID` (kind content)
   */
  push(piece: Uint8Array): void;
  /** @throws PaletteEdgeError `GZIP_INVALID` when something is missing */
  finish(): void;
}

/** An inflater at the beginning of a file, which takes for plain bytes what the analysis takes for them. */
export function createGzipInflater(plain: PlainSink): GzipInflater {
  return new Inflater(plain);
}

class Inflater implements GzipInflater {
  #part: 'head' | 'stream' | 'trailer' | 'rest' = 'head';
  #pending = new Uint8Array(0);
  #check = 0;
  #members = 0;
  readonly #parser: ReturnType<typeof createInflateParser>;

  constructor(plain: PlainSink) {
    this.#parser = createInflateParser((bytes) => {
      this.#check = crc32(bytes, this.#check);
      plain(bytes);
    });
  }

  push(piece: Uint8Array): void {
    let rest = piece;
    while (rest.length > 0 && this.#part !== 'rest') {
      rest = this.#part === 'stream' ? this.#readStream(rest) : this.#readOther(rest);
    }
  }

  finish(): void {
    if (this.#members === 0 || this.#part === 'stream' || this.#part === 'trailer') {
      throw invalidGzip('it ends too early');
    }
  }

  #readStream(piece: Uint8Array): Uint8Array {
    const taken = this.#parser.push(piece);
    if (this.#parser.state === 'invalid') throw invalidGzip(this.#parser.reason ?? 'its stream is invalid');
    if (this.#parser.state === 'ended') this.#part = 'trailer';
    return piece.subarray(taken);
  }

  #readOther(piece: Uint8Array): Uint8Array {
    const known = this.#pending.length;
    const bytes = known === 0 ? piece : Buffer.concat([this.#pending, piece]);
    const size = this.#part === 'trailer' ? this.#readTrailer(bytes) : this.#readHead(bytes);
    this.#pending = size === undefined ? new Uint8Array(bytes) : new Uint8Array(0);
    return piece.subarray(size === undefined ? piece.length : size - known);
  }

  #readHead(bytes: Uint8Array): number | undefined {
    const head = readGzipHead(bytes, crc32);
    if (head === 'more') return undefined;
    if (head === 'none') {
      if (this.#members === 0) throw invalidGzip('it does not begin as gzip files do');
      this.#part = 'rest';
      return bytes.length;
    }
    this.#part = 'stream';
    this.#members += 1;
    this.#check = 0;
    this.#parser.restart();
    return head.size;
  }

  #readTrailer(bytes: Uint8Array): number | undefined {
    if (bytes.length < trailerSize) return undefined;
    const { check, size } = readGzipTrailer(bytes);
    if (check !== this.#check) throw invalidGzip('the check of its plain bytes is wrong');
    if (size !== this.#parser.plain % 2 ** 32) throw invalidGzip('its plain size is wrong');
    this.#part = 'head';
    return trailerSize;
  }
}

function invalidGzip(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('GZIP_INVALID', `a gzip file is damaged: ${reason}`, { kind: 'content' });
}
