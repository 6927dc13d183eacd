/** Bytes of a block: headers are one each, and content is padded to whole ones. */
export const tarBlockSize = 512;

/** What is wrong with a tar; whoever reads it says which one it is. */
export class TarError extends Error {}

/** What a header says of a member of a tar. */
export interface TarBlock {
  /** The type flag as it is there: `0` and NUL are files, `1` and `2` hard and symbolic links, `5` folders, `xgLK` say more of others. */
  readonly type: string;
  /** Bytes of content behind the header; 0 for links, devices and folders, whatever their field says. */
  readonly size: number;
  /** As it is in the tar: it may be absolute or climb. */
  readonly path: string;
  /** What a link names. */
  readonly link: string;
}

/** Links, devices, folders: a size that is there means nothing. */
const headerOnlyTypes = '123456';

/**
 * Reads a header (POSIX.1-2017, pax: "ustar Interchange Format"; GNU's binary sizes).
 *
 * @param block of {@link tarBlockSize} bytes, and not all zeros
 * @throws TarError for one that is damaged
 */
export function readTarBlock(block: Uint8Array): TarBlock {
  checkSum(block);
  const type = String.fromCharCode(block[156] ?? 0);
  return {
    type,
    size: headerOnlyTypes.includes(type) ? 0 : readNumber(block.subarray(124, 136)),
    path: pathOf(block),
    link: textOf(block.subarray(157, 257)),
  };
}

/**
 * Records `LENGTH KEY=VALUE\n` (POSIX.1-2017, pax: "pax Extended Header"). Of a key that is there twice the last counts.
 *
 * @throws TarError for bytes that are none
 */
export function readPaxRecords(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    if (space === -1) throw new TarError('it has a damaged header');
    const length = wholeNumber(textOf(bytes.subarray(at, space)), 10);
    // At least a key of no letters, an equals sign and the end of the line: so each record leads on.
    if (length < space - at + 3 || at + length > bytes.length) throw new TarError('it has a damaged header');
    const record = textOf(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/**
 * The size that pax records give to the member behind them.
 *
 * @throws TarError for one that is no number
 */
export function paxSize(records: ReadonlyMap<string, string>): number | undefined {
  const size = records.get('size');
  return size === undefined ? undefined : wholeNumber(size, 10);
}

/** Text in UTF-8 up to the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

function pathOf(block: Uint8Array): string {
  const name = textOf(block.subarray(0, 100));
  // GNU's own format has other fields where ustar has the prefix.
  const isUstar = Buffer.from(block.subarray(257, 263)).equals(Buffer.from('ustar\0'));
  const prefix = isUstar ? textOf(block.subarray(345, 500)) : '';
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
function checkSum(block: Uint8Array): void {
  const expected = readNumber(block.subarray(148, 156));
  let unsigned = 0;
  let signed = 0;
  // Layers have tens of thousands of these: iterators would be felt.
  for (let at = 0; at < block.length; at += 1) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
    unsigned += byte;
    signed += byte > 0x7f ? byte - 0x100 : byte;
  }
  if (expected !== unsigned && expected !== signed) throw new TarError('it has a damaged header');
}
