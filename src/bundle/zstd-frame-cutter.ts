import { blockHeaderSize, checksumSize, frameMagic, readBlockHeader } from './zstd-frame-structure.ts';

/** A piece of a frame. */
export interface FramePiece {
  readonly bytes: Uint8Array;
  /** Nothing of the frame is behind it. */
  readonly isLast: boolean;
}

/** The lowest half byte is free (RFC 8878, section 3.1.2). */
const skippableMagic = 0x184d2a50;
const magicSize = 4;

/**
 * Cuts what others compressed into its frames: Node 24 decompresses the first frame of a stream and drops the rest without a word
 * (nodejs/node#64741). Blocks are passed over by the sizes in their headers (RFC 8878, sections 3.1.1.1 and 3.1.1.2), and not looked into.
 */
export class FrameCutter {
  /** Of a field that has not come whole yet. */
  #collected: Buffer = Buffer.alloc(0);
  /** Bytes of the next field; 0 behind the last one of a frame. */
  #wanted = magicSize;
  /** What the next field says. */
  #read: (field: Buffer) => void = (field) => this.#magic(field);
  /** Bytes to pass over before it. */
  #passing = 0;
  #isBetween = true;
  #checksum = 0;
  #fault: string | undefined;

  /** Why this is no Zstandard. Undefined as long as it may be. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Whether the last frame is whole. */
  get isBetween(): boolean {
    return this.#isBetween;
  }

  /** The pieces that these bytes are; none behind a fault. */
  *cut(bytes: Uint8Array): Generator<FramePiece, void, undefined> {
    let start = 0;
    let position = 0;
    while (position < bytes.length && this.#fault === undefined) {
      this.#isBetween = false;
      position += this.#take(bytes.subarray(position));
      if (this.#passing > 0 || this.#wanted > 0) continue;
      this.#isBetween = true;
      yield { bytes: bytes.subarray(start, position), isLast: true };
      start = position;
      this.#expect(magicSize, (field) => this.#magic(field));
    }
    if (start < bytes.length && this.#fault === undefined)
      yield { bytes: bytes.subarray(start), isLast: false };
  }

  /** @returns how many bytes of these were taken: at least one */
  #take(bytes: Uint8Array): number {
    if (this.#passing > 0) {
      const passed = Math.min(this.#passing, bytes.length);
      this.#passing -= passed;
      return passed;
    }
    const more = bytes.subarray(0, this.#wanted - this.#collected.length);
    this.#collected = Buffer.concat([this.#collected, more]);
    if (this.#collected.length < this.#wanted) return more.length;
    const field = this.#collected;
    this.#collected = Buffer.alloc(0);
    this.#read(field);
    return more.length;
  }

  #expect(wanted: number, read: (field: Buffer) => void): void {
    this.#wanted = wanted;
    this.#read = read;
  }

  #magic(field: Buffer): void {
    const magic = field.readUInt32LE(0);
    if (magic === frameMagic) this.#expect(1, (descriptor) => this.#descriptor(descriptor));
    else if (magic >>> 4 === skippableMagic >>> 4) this.#expect(4, (size) => this.#end(size.readUInt32LE(0)));
    else this.#fault = 'what begins there is no frame';
  }

  #descriptor(field: Buffer): void {
    const descriptor = field.readUInt8(0);
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >>> 6;
    const contentSize = sizeFlag === 0 ? Number(isSingleSegment) : 2 ** sizeFlag;
    const dictionaryId = [0, 1, 2, 4][descriptor & 3] ?? 0;
    this.#checksum = (descriptor & 4) === 0 ? 0 : checksumSize;
    this.#passing = Number(!isSingleSegment) + dictionaryId + contentSize;
    this.#expect(blockHeaderSize, (header) => this.#block(header));
  }

  #block(field: Buffer): void {
    const block = readBlockHeader(field);
    if (block === undefined) this.#fault = 'a block has no type';
    else if (block.isLast) this.#end(block.length + this.#checksum);
    else this.#passing = block.length;
  }

  /** @param rest bytes of the frame that are left */
  #end(rest: number): void {
    this.#passing = rest;
    this.#wanted = 0;
  }
}
