import { paxSize, readPaxRecords, readTarBlock, tarBlockSize, TarError, textOf } from '../io/tar-block.ts';

/** A regular file of a tar. */
interface TarFile {
  /** As it is in the tar: it may be absolute or climb. */
  readonly path: string;
  /** A view into the tar. */
  readonly bytes: Uint8Array;
}

/** Of a long name or of pax records; nothing real comes near it. */
const maximumExtension = 64 * 1024;

/**
 * The regular files of a tar that is in memory (POSIX.1-2017, pax: "ustar Interchange Format", "pax Extended Header"; GNU's
 * long names and binary sizes). Folders, links and devices are passed over. Ends at a block of zeros or at the end.
 *
 * @throws TarError for a header that is damaged, or a file that is cut off
 */
export function* readTar(tar: Uint8Array): Generator<TarFile> {
  let next: Overrides = {};
  for (let at = 0; at + tarBlockSize <= tar.length;) {
    const header = tar.subarray(at, at + tarBlockSize);
    if (header.every((byte) => byte === 0)) return;
    const { type, bytes, path } = readMember(tar, at, next);
    at += tarBlockSize + Math.ceil(bytes.length / tarBlockSize) * tarBlockSize;
    if (extensionTypes.includes(type)) {
      next = { ...next, ...readExtension(type, bytes) };
      continue;
    }
    if (regularTypes.includes(type) && !path.endsWith('/')) yield { path, bytes };
    next = {};
  }
}

/** pax for the next and for all, and what GNU has for long names and long links. */
const extensionTypes = 'xgLK';
/** `7` is a contiguous file, which everybody takes for any other. */
const regularTypes = '0\u00007';

/** What the header behind an extended one does not say, or cannot. */
interface Overrides {
  readonly path?: string;
  readonly size?: number;
}

interface Member extends TarFile {
  readonly type: string;
}

function readMember(tar: Uint8Array, at: number, next: Overrides): Member {
  const { type, size: ownSize, path } = readTarBlock(tar.subarray(at, at + tarBlockSize));
  const isExtension = extensionTypes.includes(type);
  if (isExtension && ownSize > maximumExtension) throw new TarError('it has a header that is too large');
  const hasContent = !/[1-6]/.test(type);
  const size = isExtension || !hasContent ? ownSize : (next.size ?? ownSize);
  const start = at + tarBlockSize;
  if (size > tar.length - start) throw new TarError('it is cut off');
  return { type, path: next.path ?? path, bytes: tar.subarray(start, start + size) };
}

function readExtension(type: string, bytes: Uint8Array): Overrides {
  if (type === 'L') return { path: textOf(bytes) };
  if (type !== 'x') return {};
  const records = readPaxRecords(bytes);
  const [path, size] = [records.get('path'), paxSize(records)];
  return { ...(path !== undefined && { path }), ...(size !== undefined && { size }) };
}
