/** A regular file of a tar. */
interface TarFile {
  /** As it is in the tar: it may be absolute or climb. */
  readonly path: string;
  /** A view into the tar. */
  readonly bytes: Uint8Array;
}

const blockSize = 512;
/** Of a long name or of pax records; nothing real comes near it. */
const maximumExtension = 64 * 1024;

/** What is wrong with a tar; whoever reads it says which one it is. */
export class TarError extends Error {}

/**
 * The regular files of a tar that is in memory (POSIX.1-2017, pax: "ustar Interchange Format", "pax Extended Header"; GNU's
 * long names and binary sizes). Folders, links and devices are passed over. Ends at a block of zeros or at the end.
 *
 * @throws TarError for a header that is damaged, or a file that is cut off
 */
export function* readTar(tar: Uint8Array): Generator<TarFile> {
  let next: Overrides = {};
  for (let at = 0; at + blockSize <= tar.length;) {
    const header = tar.subarray(at, at + blockSize);
    if (header.every((byte) => byte === 0)) return;
    const { type, bytes } = readMember(tar, at, next.size);
    at += blockSize + Math.ceil(bytes.length / blockSize) * blockSize;
    if (extensionTypes.includes(type)) {
      next = { ...next, ...readExtension(type, bytes) };
      continue;
    }
    const path = next.path ?? pathOf(header);
    if (regularTypes.includes(type) && !path.endsWith('/')) yield { path, bytes };
    next = {};
  }
}

/** pax for the next and for all, and what GNU has for long names and long links. */
const extensionTypes = 'xgLK';
/** `7` is a contiguous file, which everybody takes for any other. */
const regularTypes = '0\u00007';
/** Links, devices, folders: a size that is there means nothing. */
const headerOnlyTypes = '123456';

function readMember(
  tar: Uint8Array,
  at: number,
  paxSize: number | undefined,
): { readonly type: string; readonly bytes: Uint8Array } {
  const header = tar.subarray(at, at + blockSize);
  checkSum(header);
  const type = String.fromCharCode(header[156] ?? 0);
  const isExtension = extensionTypes.includes(type);
  const ownSize = readNumber(header.subarray(124, 136));
  const size = headerOnlyTypes.includes(type) ? 0 : isExtension ? ownSize : (paxSize ?? ownSize);
  if (isExtension && size > maximumExtension) throw new TarError('it has a header that is too large');
  const start = at + blockSize;
  if (size > tar.length - start) throw new TarError('it is cut off');
  return { type, bytes: tar.subarray(start, start + size) };
}

/** What the header behind an extended one does not say, or cannot. */
interface Overrides {
  readonly path?: string;
  readonly size?: number;
}

function readExtension(type: string, bytes: Uint8Array): Overrides {
  if (type === 'L') return { path: textOf(bytes) };
  return type === 'x' ? readPax(bytes) : {};
}

/** Records `LENGTH KEY=VALUE\n`. */
function readPax(bytes: Uint8Array): Overrides {
  let overrides: Overrides = {};
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space === -1 ? 0 : Number(textOf(bytes.subarray(at, space)));
    if (!Number.isInteger(length) || length < space - at + 3 || at + length > bytes.length)
      throw new TarError('it has a damaged header');
    const record = textOf(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') overrides = { ...overrides, path: value };
    if (key === 'size') overrides = { ...overrides, size: wholeNumber(value, 10) };
    at += length;
  }
  return overrides;
}

function pathOf(header: Uint8Array): string {
  const name = textOf(header.subarray(0, 100));
  // GNU's own format has other fields where ustar has the prefix.
  const isUstar = Buffer.from(header.subarray(257, 263)).equals(Buffer.from('ustar\0'));
  const prefix = isUstar ? textOf(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function readNumber(field: Uint8Array): number {
  const first = field[0] ?? 0;
  if (first < 0x80) return wholeNumber(textOf(field).trim() || '0', 8);
  // Base 256, for what does not fit: a first byte of 0x80 marks it, and 0xff a negative number.
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, first % 0x80);
  if (first === 0xff || !Number.isSafeInteger(value)) throw new TarError('it has a damaged header');
  return value;
}

function wholeNumber(text: string, base: 8 | 10): number {
  const isNumber = base === 8 ? /^[0-7]{1,12}$/.test(text) : /^[0-9]{1,15}$/.test(text);
  if (!isNumber) throw new TarError('it has a damaged header');
  return Number.parseInt(text, base);
}

/** The sum of the header's bytes, with its own field as spaces; some old programs summed signed bytes. */
function checkSum(header: Uint8Array): void {
  const expected = readNumber(header.subarray(148, 156));
  let unsigned = 0;
  let signed = 0;
  for (const [index, raw] of header.entries()) {
    const byte = index >= 148 && index < 156 ? 0x20 : raw;
    unsigned += byte;
    signed += byte > 0x7f ? byte - 0x100 : byte;
  }
  if (expected !== unsigned && expected !== signed) throw new TarError('it has a damaged header');
}

/** Up to the first NUL. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}
