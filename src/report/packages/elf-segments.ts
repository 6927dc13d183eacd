/** A part of an executable that is loaded into memory. Positions in bytes. */
export interface ElfSegment {
  readonly offset: number;
  /** Of what is in the file. */
  readonly size: number;
  readonly address: number;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
}

/** Where the loaded parts of an executable are, and how its numbers are written. */
export interface ElfLayout {
  readonly isLittleEndian: boolean;
  readonly segments: readonly ElfSegment[];
}

const load = 1;
const flags = { executable: 1, writable: 2 } as const;
/** Go's linker makes a dozen. */
const mostSegments = 256;

/**
 * The segments of an ELF file, of its beginning, in which the table of them lies at once behind the header (System V ABI, "ELF Header",
 * "Program Header"). Undefined for what is no program of 32 or 64 bits, or is damaged.
 */
export function elfLayout(head: Buffer): ElfLayout | undefined {
  if (head.length < 64 || head.toString('latin1', 0, 4) !== '\u007FELF') return undefined;
  const numbers = numbersOf(head);
  const { start, entrySize, count } = tableOf(numbers);
  if (entrySize < (numbers.isWide ? 56 : 32) || count > mostSegments) return undefined;
  if (start + entrySize * count > head.length) return undefined;
  const entries = Array.from({ length: count }, (_, index) => start + index * entrySize);
  const segments = entries
    .filter((at) => numbers.u32(at) === load)
    .map((at) => (numbers.isWide ? wideSegment(numbers, at) : narrowSegment(numbers, at)));
  return { isLittleEndian: numbers.isLittleEndian, segments };
}

/** Numbers as this file writes them. */
interface Numbers {
  readonly isWide: boolean;
  readonly isLittleEndian: boolean;
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
  readonly u64: (at: number) => number;
}

function numbersOf(head: Buffer): Numbers {
  const isLittleEndian = head[5] === 1;
  return {
    isWide: head[4] === 2,
    isLittleEndian,
    u16: (at) => (isLittleEndian ? head.readUInt16LE(at) : head.readUInt16BE(at)),
    u32: (at) => (isLittleEndian ? head.readUInt32LE(at) : head.readUInt32BE(at)),
    u64: (at) => wideNumber(head, at, isLittleEndian),
  };
}

/** Where the table of segments is, in bytes. */
function tableOf({ isWide, u16, u32, u64 }: Numbers): {
  readonly start: number;
  readonly entrySize: number;
  readonly count: number;
} {
  return isWide
    ? { start: u64(32), entrySize: u16(54), count: u16(56) }
    : { start: u32(28), entrySize: u16(42), count: u16(44) };
}

function wideSegment({ u32, u64 }: Numbers, at: number): ElfSegment {
  return { offset: u64(at + 8), address: u64(at + 16), size: u64(at + 32), ...accessOf(u32(at + 4)) };
}

function narrowSegment({ u32 }: Numbers, at: number): ElfSegment {
  return { offset: u32(at + 4), address: u32(at + 8), size: u32(at + 16), ...accessOf(u32(at + 24)) };
}

function accessOf(bits: number): Pick<ElfSegment, 'isWritable' | 'isExecutable'> {
  return { isWritable: (bits & flags.writable) !== 0, isExecutable: (bits & flags.executable) !== 0 };
}

/** A number of 64 bits; those above 53 are lost, which no address of a file has. */
export function wideNumber(bytes: Buffer, at: number, isLittleEndian: boolean): number {
  return Number(isLittleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
}
