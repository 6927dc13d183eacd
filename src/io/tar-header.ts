/** A regular file of a tar. Everything else that a header says is fixed: owner 0:0, mode 0644, time 0. */
export interface TarEntry {
  /** ASCII, at most 100 characters: what the name field of a ustar header holds. */
  readonly name: string;
  /** Length of the content in bytes. */
  readonly size: number;
}

const blockSize = 512;
const nameLength = 100;
const sizeField = { start: 124, length: 12 };
const checksumField = { start: 148, length: 8 };
const typeFlag = { position: 156, file: '0', pax: 'x' };
const paxName = 'PaxHeaders/0';
/** 8 GiB - 1: what eleven octal digits hold. */
const maximumUstarSize = 0o77777777777;
const printableAscii = /^[\x21-\x7e]+$/;

/**
 * The header of a file: one ustar block; for 8 GiB and more a pax header with the size comes before it (POSIX.1-2017, pax,
 * "ustar Interchange Format" and "pax Extended Header"). Depends on name and size only.
 */
export function encodeTarHeader({ name, size }: TarEntry): Buffer {
  if (!printableAscii.test(name) || name.length > nameLength)
    throw new RangeError(`no name for a tar entry: ${name}`);
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`no size of a tar entry: ${size}`);
  if (size <= maximumUstarSize) return ustarBlock({ name, size }, typeFlag.file);
  const record = Buffer.from(paxRecord('size', String(size)));
  return Buffer.concat([
    ustarBlock({ name: paxName, size: record.length }, typeFlag.pax),
    record,
    Buffer.alloc(tarPadding(record.length)),
    // The field cannot hold it: zero, as other writers of pax have it.
    ustarBlock({ name, size: 0 }, typeFlag.file),
  ]);
}

/**
 * Reads name and size of a ustar header block, as far as they make sense. Whoever needs all of it to be as
 * {@link encodeTarHeader} has it encodes the result and compares.
 */
export function decodeTarHeader(block: Uint8Array): TarEntry | undefined {
  if (block.length !== blockSize) return undefined;
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
  const name = untilZero(text.slice(0, nameLength));
  const size = untilZero(text.slice(sizeField.start, sizeField.start + sizeField.length));
  if (!printableAscii.test(name) || !/^[0-7]{11}$/.test(size)) return undefined;
  return { name, size: Number.parseInt(size, 8) };
}

/** Bytes from the end of content of this size to the next block. */
export function tarPadding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

function ustarBlock({ name, size }: TarEntry, type: string): Buffer {
  const block = Buffer.alloc(blockSize);
  block.write(name, 0, 'latin1');
  block.write('0000644\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  block.write(`${octal(size, 11)}\0`, sizeField.start, 'latin1');
  block.write('00000000000\0', 136, 'latin1');
  block.write(type, typeFlag.position, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write('0000000\0', 329, 'latin1');
  block.write('0000000\0', 337, 'latin1');
  // The sum is taken with its own field full of spaces.
  block.fill(' ', checksumField.start, checksumField.start + checksumField.length, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, checksumField.start, 'latin1');
  return block;
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function untilZero(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}
