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
  const [isWide, isLittleEndian] = [head[4] === 2, head[5] === 1];
  const u16 = (at: number): number => (isLittleEndian ? head.readUInt16LE(at) : head.readUInt16BE(at));
  const u32 = (at: number): number => (isLittleEndian ? head.readUInt32LE(at) : head.readUInt32BE(at));
  const word = (at: number): number => (isWide ? wideNumber(head, at, isLittleEndian) : u32(at));
  const [start, entrySize, count] = isWide ? [word(32), u16(54), u16(56)] : [word(28), u16(42), u16(44)];
  if (entrySize < (isWide ? 56 : 32) || count > mostSegments) return undefined;
  if (start + entrySize * count > head.length) return undefined;
  const segments: ElfSegment[] = [];
  for (let at = start; segments.length < count && at < start + entrySize * count; at += entrySize) {
    if (u32(at) !== load) continue;
    const bits = u32(at + (isWide ? 4 : 24));
    segments.push({
      offset: word(at + (isWide ? 8 : 4)),
      address: word(at + (isWide ? 16 : 8)),
      size: word(at + (isWide ? 32 : 16)),
      isWritable: (bits & flags.writable) !== 0,
      isExecutable: (bits & flags.executable) !== 0,
    });
  }
  return { isLittleEndian, segments };
}

/** A number of 64 bits; those above 53 are lost, which no address of a file has. */
export function wideNumber(bytes: Buffer, at: number, isLittleEndian: boolean): number {
  return Number(isLittleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
}
