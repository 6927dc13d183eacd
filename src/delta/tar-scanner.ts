/** A file or folder of a tar, with its headers. Positions in bytes from the beginning of the tar. */
export interface TarSpan {
  readonly path: string;
  /** Where the first of its headers begins: its own, or one of pax or GNU tar that belongs to it. */
  readonly start: number;
  /** Where the next one begins: content is padded. */
  readonly end: number;
}

/** Finds what is in a tar while it goes by. */
export interface TarScanner {
  /** Takes the next bytes: a multiple of 512 of them, but for the last time. Gives what begins in them. */
  scan(bytes: Uint8Array): readonly TarSpan[];
}

const blockSize = 512;
/** Longer names and pax headers are not read; such an entry goes by the name in its own header. */
const longestExtra = 65_536;

/**
 * Reads ustar, pax and GNU headers (POSIX.1-2017, pax; GNU tar, "Basic Tar Format"), as far as paths and sizes go. Never refuses
 * anything: where the bytes are no tar, or no longer, nothing is found from there on.
 */
export function createTarScanner(): TarScanner {
  const state: ScanState = {
    position: 0,
    next: 0,
    extra: undefined,
    path: undefined,
    start: undefined,
    size: undefined,
  };
  return {
    scan(bytes) {
      const found: TarSpan[] = [];
      const begin = state.position;
      const end = begin + bytes.length;
      takeExtra(state, bytes);
      while (state.extra === undefined && state.next >= begin && state.next + blockSize <= end) {
        const at = state.next - begin;
        const span = readHeader(state, bytes.subarray(at, at + blockSize));
        if (span !== undefined) found.push(span);
        takeExtra(state, bytes.subarray(at + blockSize));
      }
      state.position = end;
      return found;
    },
  };
}

/** The content of a header that says more about the entry behind it, as far as it is here. */
interface Extra {
  readonly type: string;
  readonly bytes: Uint8Array;
  filled: number;
}

interface ScanState {
  position: number;
  /** Where the next header is; Infinity when there is none. */
  next: number;
  extra: Extra | undefined;
  path: string | undefined;
  start: number | undefined;
  size: number | undefined;
}

function takeExtra(state: ScanState, bytes: Uint8Array): void {
  const { extra } = state;
  if (extra === undefined) return;
  const piece = bytes.subarray(0, extra.bytes.length - extra.filled);
  extra.bytes.set(piece, extra.filled);
  extra.filled += piece.length;
  if (extra.filled < extra.bytes.length) return;
  state.extra = undefined;
  const text = Buffer.from(extra.bytes).toString('latin1');
  if (extra.type === 'L') state.path = untilZero(text);
  else if (extra.type === 'x') takePax(state, text);
}

/** `LENGTH KEY=VALUE\n` again and again. */
function takePax(state: ScanState, text: string): void {
  for (let at = 0; at < text.length;) {
    const record = /^(\d{1,6}) ([^=]*)=/.exec(text.slice(at, at + 64));
    const length = Number(record?.[1]);
    if (record === null || length <= record[0].length) return;
    const value = text.slice(at + record[0].length, at + length - 1);
    if (record[2] === 'path') state.path = value;
    if (record[2] === 'size' && /^\d{1,15}$/.test(value)) state.size = Number(value);
    at += length;
  }
}

function readHeader(state: ScanState, block: Uint8Array): TarSpan | undefined {
  const size = sizeOf(block);
  if (!isHeader(block) || size === undefined) {
    // Zeros are the end, or lie between tars that were put one behind the other.
    state.next = block.every((byte) => byte === 0) ? state.next + blockSize : Infinity;
    return undefined;
  }
  state.start ??= state.next;
  const type = String.fromCharCode(block[156]!);
  return /[xgLK]/.test(type) ? beginExtra(state, type, size) : finishSpan(state, block, size);
}

function beginExtra(state: ScanState, type: string, size: number): undefined {
  state.next += blockSize + padded(size);
  if (size > 0 && size <= longestExtra) state.extra = { type, bytes: new Uint8Array(size), filled: 0 };
}

function finishSpan(state: ScanState, block: Uint8Array, size: number): TarSpan {
  // Links and folders have no content, whatever their size field says.
  const isFile = !/[1-6]/.test(String.fromCharCode(block[156]!));
  const end = state.next + blockSize + (isFile ? padded(state.size ?? size) : 0);
  const span = { path: state.path ?? nameOf(block), start: state.start ?? state.next, end };
  Object.assign(state, { next: end, path: undefined, start: undefined, size: undefined });
  return span;
}

function isHeader(block: Uint8Array): boolean {
  const said = Number.parseInt(textOf(block, 148, 8).trim(), 8);
  // The sum is taken with its own field full of spaces.
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return said === sum;
}

/** Octal digits, or a number of 95 bits with the highest set (GNU), of which sizes need 53. */
function sizeOf(block: Uint8Array): number | undefined {
  if (block[124] === 0x80) {
    const size = block.subarray(125, 136).reduce((total, byte) => total * 256 + byte, 0);
    return size <= Number.MAX_SAFE_INTEGER / 2 ? size : undefined;
  }
  const text = textOf(block, 124, 12).trim();
  return /^[0-7]{0,12}$/.test(text) ? Number.parseInt(text || '0', 8) : undefined;
}

function nameOf(block: Uint8Array): string {
  const prefix = textOf(block, 257, 6) === 'ustar' ? textOf(block, 345, 155) : '';
  const name = textOf(block, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textOf(block: Uint8Array, start: number, length: number): string {
  return untilZero(Buffer.from(block.subarray(start, start + length)).toString('latin1'));
}

function untilZero(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

function padded(size: number): number {
  return Math.ceil(size / blockSize) * blockSize;
}
