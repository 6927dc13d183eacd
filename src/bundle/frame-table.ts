import { damagedBundle, encryptedBundle, notABundle, truncatedBundle } from './bundle-error.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { frameBound, maximumFrameContent, maximumLongContent } from './zstd-frame-structure.ts';
import { frameCheck } from './zstd-frames.ts';

/** One zstd frame of a bundle. */
export interface Frame {
  /** Where it begins in the file, in bytes. */
  readonly position: number;
  /** Its bytes in the file. */
  readonly size: number;
  /** Bytes it decompresses to. */
  readonly contentSize: number;
  /** CRC-32 of its bytes in the file. */
  readonly check: number;
}

/**
 * All frames of a bundle in order: the first is the head, the others are the rest of the tar in equal cuts. A squeezed bundle has long frames
 * behind them, in equal cuts of their own.
 */
export type FrameTable = readonly Frame[];

/** Most bytes of content the head may have: it is read whole. */
export const maximumHeadSize = 64 * 1024 * 1024;

const checksMagic = 0x184d2a5d;
const tableMagic = 0x184d2a5e;
const footerMagic = 0x8f92eab1;
const skippableHeaderSize = 8;
const checksName = Buffer.from('PEBCRC32', 'latin1');
const footerSize = 9;
const entrySize = 8;
/** 2^20 frames of 2 MiB are 2 TiB. */
const maximumFrames = 2 ** 20;

/**
 * The end of a bundle: two skippable frames (RFC 8878, section 3.1.2). First the frame checks, then the seek table of
 * zstd's "seekable format" (contrib/seekable_format), which is the last thing in the file and lists every frame before
 * it, the frame checks as one without content.
 */
export function encodeFrameTable(frames: readonly Omit<Frame, 'position'>[]): Buffer {
  const checks = encodeChecks(frames.map(({ check }) => check));
  const entries = [...frames, { size: checks.length, contentSize: 0 }];
  const table = skippableFrame(tableMagic, entries.length * entrySize + footerSize);
  for (const [index, { size, contentSize }] of entries.entries()) {
    table.writeUInt32LE(size, skippableHeaderSize + index * entrySize);
    table.writeUInt32LE(contentSize, skippableHeaderSize + index * entrySize + 4);
  }
  table.writeUInt32LE(entries.length, table.length - footerSize);
  table.writeUInt8(0, table.length - 5);
  table.writeUInt32LE(footerMagic, table.length - 4);
  return Buffer.concat([checks, table]);
}

/** Bytes that {@link encodeFrameTable} gives for so many frames. */
export function frameTableSize(frames: number): number {
  return checksSize(frames) + skippableHeaderSize + (frames + 1) * entrySize + footerSize;
}

/**
 * Reads and checks the end of a bundle: every size must add up to the file's, so a cut or grown file is found here.
 *
 * @param name the bundle, for messages
 * @throws PaletteEdgeError `NOT_A_BUNDLE`, `BUNDLE_TRUNCATED`, `BUNDLE_DAMAGED` (kind content)
 */
export async function readFrameTable(bundle: RandomAccess, name: string): Promise<FrameTable> {
  const count = await readFooter(bundle, name);
  const tableSize = skippableHeaderSize + count * entrySize + footerSize;
  const tableStart = bundle.size - tableSize;
  if (count < 3 || count > maximumFrames || tableStart < 0)
    throw damagedTable(name, `it lists ${count} frames`);
  const table = asBuffer(await bundle.read(tableStart, tableSize));
  if (!isSkippableFrame(table, tableMagic)) throw damagedTable(name, 'its header is wrong');
  const entries = entriesOf(table);
  const checksEntry = entries(count - 1);
  let total = 0;
  for (let index = 0; index < count; index += 1) total += entries(index).size;
  if (total !== tableStart) {
    throw truncatedBundle(name, `its frames have ${total} bytes in all, and ${tableStart} are there`);
  }
  if (checksEntry.contentSize !== 0 || checksEntry.size !== checksSize(count - 1)) {
    throw damagedTable(name, 'its last entry is not the frame checks');
  }
  checkFrameSizes(entries, count - 1, name);
  const checks = asBuffer(await bundle.read(tableStart - checksEntry.size, checksEntry.size));
  return withChecks({ entries, count: count - 1, checks }, name);
}

async function readFooter(bundle: RandomAccess, name: string): Promise<number> {
  const footer = asBuffer(
    await bundle.read(Math.max(0, bundle.size - footerSize), Math.min(footerSize, bundle.size)),
  );
  if (footer.length < footerSize || footer.readUInt32LE(5) !== footerMagic)
    throw await explainOther(bundle, name);
  if (footer.readUInt8(4) !== 0) throw damagedTable(name, 'its flags are not 0');
  return footer.readUInt32LE(0);
}

/** What age writes (https://c2sp.org/age#version-line, #ascii-armor). */
const ageIntro = 'age-encryption.org/';
const armorIntro = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Says what a file without a seek table is, as far as its first bytes tell. */
async function explainOther(bundle: RandomAccess, name: string): Promise<Error> {
  if (bundle.size === 0) return truncatedBundle(name, 'the file is empty');
  const tooShort = Buffer.alloc(0);
  const peek = async (position: number, text: string | Buffer) => {
    const expected = Buffer.from(text);
    const isThere = position + expected.length <= bundle.size;
    return expected.equals(isThere ? await bundle.read(position, expected.length) : tooShort);
  };
  if (await peek(0, Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) {
    return truncatedBundle(
      name,
      'it has no seek table at its end: it was cut short, or another tool wrote it',
    );
  }
  if ((await peek(0, ageIntro)) || (await peek(0, armorIntro))) return encryptedBundle(name);
  if (await peek(0, Buffer.from([0x1f, 0x8b]))) return notABundle(name, 'it is a gzip file');
  if (await peek(257, 'ustar')) return notABundle(name, 'it is an uncompressed tar file');
  if (await peek(32769, 'CD001')) return notABundle(name, 'it is an ISO image');
  return notABundle(name, 'it has no seek table at its end');
}

/** Gives an entry of the table by its index: a million objects would take more memory than the rest of a reader. */
type Entries = (index: number) => Pick<Frame, 'size' | 'contentSize'>;

function entriesOf(table: Buffer): Entries {
  return (index) => {
    const at = skippableHeaderSize + index * entrySize;
    return { size: table.readUInt32LE(at), contentSize: table.readUInt32LE(at + 4) };
  };
}

/**
 * Head within its cap; every cut after it equal, except the last, which may be shorter; the same for long frames, which are larger than
 * those. Bounds all later memory: long frames are never read as a whole.
 */
function checkFrameSizes(entries: Entries, count: number, name: string): void {
  const cutSize = entries(1).contentSize;
  if (entries(0).contentSize > maximumHeadSize || cutSize > maximumFrameContent) {
    throw damagedTable(name, 'a frame is larger than version 1 allows');
  }
  const long = firstLongFrame((index) => entries(index).contentSize, count);
  checkRun(entries, { first: 0, behind: 1, largest: maximumHeadSize }, name);
  checkRun(entries, { first: 1, behind: long, largest: maximumFrameContent }, name);
  checkRun(entries, { first: long, behind: count, largest: maximumLongContent }, name);
}

/** Frames that follow each other and are of one kind. */
interface FrameRun {
  readonly first: number;
  /** The index behind the last one. */
  readonly behind: number;
  /** Most bytes of content. */
  readonly largest: number;
}

/** All of a run equal, except the last, which may be shorter. */
function checkRun(entries: Entries, { first, behind, largest }: FrameRun, name: string): void {
  for (let index = first; index < behind; index += 1) {
    const { size, contentSize } = entries(index);
    const equal = entries(first).contentSize;
    if (index === behind - 1 ? contentSize > equal : contentSize !== equal)
      throw damagedTable(name, `frame ${index} has not the size of the others`);
    if (contentSize === 0 || contentSize > largest || size > frameBound(contentSize))
      throw damagedTable(name, `frame ${index} has an impossible size`);
  }
}

/** The index of the first frame behind the head that is larger than the one behind the head; `count` when there is none. */
export function firstLongFrame(contentSize: (index: number) => number, count: number): number {
  const cutSize = count > 1 ? contentSize(1) : 0;
  for (let index = 2; index < count; index += 1) if (contentSize(index) > cutSize) return index;
  return count;
}

interface CheckedEntries {
  readonly entries: Entries;
  readonly count: number;
  readonly checks: Buffer;
}

function withChecks({ entries, count, checks }: CheckedEntries, name: string): FrameTable {
  const body = skippableHeaderSize + checksName.length;
  const values = Array.from({ length: count }, (_, index) => checks.readUInt32LE(body + index * 4));
  if (!encodeChecks(values).equals(checks)) {
    throw damagedBundle(name, 'its frame checks do not match their own check');
  }
  let position = 0;
  return values.map((check, index) => {
    const { size, contentSize } = entries(index);
    const frame = { position, size, contentSize, check };
    position += size;
    return frame;
  });
}

/** Name, CRC-32 of every frame, then the CRC-32 of this skippable frame up to there. */
function encodeChecks(values: readonly number[]): Buffer {
  const checks = skippableFrame(checksMagic, checksSize(values.length) - skippableHeaderSize);
  checksName.copy(checks, skippableHeaderSize);
  const body = skippableHeaderSize + checksName.length;
  for (const [index, value] of values.entries()) checks.writeUInt32LE(value, body + index * 4);
  const end = checks.length - 4;
  checks.writeUInt32LE(frameCheck(checks.subarray(0, end)), end);
  return checks;
}

function checksSize(frames: number): number {
  return skippableHeaderSize + checksName.length + 4 * frames + 4;
}

function skippableFrame(magic: number, payload: number): Buffer {
  const frame = Buffer.alloc(skippableHeaderSize + payload);
  frame.writeUInt32LE(magic, 0);
  frame.writeUInt32LE(payload, 4);
  return frame;
}

function isSkippableFrame(frame: Buffer, magic: number): boolean {
  return frame.readUInt32LE(0) === magic && frame.readUInt32LE(4) === frame.length - skippableHeaderSize;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damagedTable(name: string, reason: string): Error {
  return damagedBundle(name, `its seek table is not valid: ${reason}`);
}
