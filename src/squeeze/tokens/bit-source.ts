/** Compressed bytes that are at hand, and how far they are read. Positions are in bits from the first of these bytes. */
export class BitSource {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The next bit. Past `end` it says that bits were taken which are not there yet. */
  bit = 0;
  /** How many bits there are. */
  end = 0;
  /** Bits of the stream before the first byte. */
  before = 0;

  constructor() {
    this.bytes = new Uint8Array(capacity + spare);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Bits of the stream up to the next one. */
  get position(): number {
    return this.before + this.bit;
  }

  /** Forgets all bytes: a stream begins. */
  clear(): void {
    this.bit = 0;
    this.end = 0;
    this.before = 0;
  }

  /** Takes in what there is place for. @returns how many bytes that are */
  fill(piece: Uint8Array): number {
    const read = this.bit >> 3;
    const held = this.end >> 3;
    this.bytes.copyWithin(0, read, held);
    this.before += read * 8;
    this.bit &= 7;
    const taken = Math.min(piece.length, capacity - (held - read));
    this.bytes.set(piece.length === taken ? piece : piece.subarray(0, taken), held - read);
    this.end = (held - read + taken) * 8;
    return taken;
  }

  /** The next bits, up to 25, as a number; any number when they are not there yet. */
  take(count: number): number {
    const { bit } = this;
    this.bit = bit + count;
    return bit >= this.end ? 0 : (this.view.getInt32(bit >> 3, true) >>> (bit & 7)) & ((1 << count) - 1);
  }
}

/** Of compressed bytes: the largest head of a block, 563 bytes, fits in many times. */
const capacity = 64 * 1024;
/** Whatever a token takes can be read without asking whether it is there: up to 48 bits, four bytes at a time. */
const spare = 16;
