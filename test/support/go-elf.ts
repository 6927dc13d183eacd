/** How an ELF file is made that says how Go built it. */
interface GoElfOptions {
  /** Lines of modules; none when empty. */
  readonly modules: string;
  readonly version?: string;
  /** Where the header is. */
  readonly at?: number;
  /** Of the segment: readable 4, writable 2, executable 1. */
  readonly flags?: number;
  /** Bytes of each segment. */
  readonly size?: number;
  /** 2 for texts behind the header, 0 for pointers to them. */
  readonly inline?: number;
  /** Whether there are pointers that lead to the texts. */
  readonly hasPointers?: boolean;
  /** The second is writable, and 0x1000 bytes behind the first. */
  readonly segments?: number;
}

const start = 0x1000;
const base = 0x40_1000;

/** What is made unless something else is asked for. */
const usual = {
  version: 'go1.22',
  at: start,
  flags: 6,
  size: start,
  inline: 2,
  hasPointers: false,
  segments: 1,
};

/** An ELF file of 64 bits, of one segment from 0x1000 on with a header of build information in it. */
export function goElf(options: GoElfOptions): Buffer {
  const { modules, version, at, flags, size, inline, hasPointers, segments } = { ...usual, ...options };
  const bytes = Buffer.alloc(2 * start);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(segments, 56);
  for (const [index, bits] of [flags, 6].slice(0, segments).entries()) {
    const entry = 64 + index * 56;
    bytes.writeUInt32LE(1, entry);
    bytes.writeUInt32LE(bits, entry + 4);
    bytes.writeBigUInt64LE(BigInt(start * (index + 1)), entry + 8);
    bytes.writeBigUInt64LE(BigInt(base * (index + 1)), entry + 16);
    bytes.writeBigUInt64LE(BigInt(size), entry + 32);
  }
  bytes.write('\u00FF Go buildinf:', at, 'latin1');
  bytes.set([8, inline], at + 14);
  const framed = modules === '' ? '' : `${'<'.repeat(16)}${modules}${'>'.repeat(16)}`;
  if (hasPointers) writePointers(bytes, at, [version, framed]);
  else Buffer.concat([textOf(version), textOf(framed)]).copy(bytes, at + 32);
  return bytes;
}

/** Behind the header two pointers and lengths, and behind these the texts. */
function writePointers(bytes: Buffer, at: number, texts: readonly string[]): void {
  const address = (position: number): bigint => BigInt(position - start + base);
  let end = at + 64;
  for (const [index, text] of texts.entries()) {
    const header = at + 32 + index * 16;
    bytes.writeBigUInt64LE(address(header), at + 16 + index * 8);
    bytes.writeBigUInt64LE(address(end), header);
    bytes.writeBigUInt64LE(BigInt(text.length), header + 8);
    end += bytes.write(text, end, 'latin1');
  }
}

function textOf(text: string): Buffer {
  const { length } = text;
  const prefix = length < 128 ? [length] : [(length % 128) + 128, Math.floor(length / 128)];
  return Buffer.concat([Buffer.from(prefix), Buffer.from(text)]);
}
