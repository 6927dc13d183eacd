import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { deviceNumber } from './device-number.ts';

/** Bytes that can be read at any position: a file, joined parts, a file inside an image. */
export interface RandomAccess {
  /** Length in bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `position`, or an error. The caller owns the result. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** The files that hold these bytes, for messages; absent when it is only one, which is named anyway. */
  where?(position: number, length: number): string;
  close(): Promise<void>;
}

/**
 * Opens a file for reading at any position.
 *
 * @param what it is, for messages: `bundle`
 * @throws PaletteEdgeError for a file that is missing, a folder, or not readable; reading throws `FILE_TRUNCATED` (kind
 *   content) when the file ends earlier
 */
export async function openFileAccess(path: string, what: string): Promise<RandomAccess> {
  return await openAccess(path, what, async (status) => await Promise.resolve(fileSize(status)));
}

/**
 * As {@link openFileAccess}, for a block device: of Linux, which tells how large it is.
 *
 * @param what it holds, for messages: `ISO image`
 */
export async function openDeviceAccess(path: string, what: string): Promise<RandomAccess> {
  return await openAccess(path, what, deviceSize);
}

/** @param sizeOf gives undefined for what is not to be read */
async function openAccess(
  path: string,
  what: string,
  sizeOf: (status: Stats) => Promise<number | undefined>,
): Promise<RandomAccess> {
  const action = `reading the ${what} ${path}`;
  let file: FileHandle;
  try {
    // Opening a pipe would else wait for somebody to write into it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw wordDiskError(error, action);
  }
  try {
    const size = await sizeOf(await file.stat());
    if (size !== undefined) return fileAccess(file, action, size);
    throw new PaletteEdgeError('NOT_A_FILE', `${action} failed: it is not a regular file`, { kind: 'usage' });
  } catch (error) {
    await file.close();
    throw wordDiskError(error, action);
  }
}

function fileSize(status: Stats): number | undefined {
  return status.isFile() ? status.size : undefined;
}

/** Linux counts in sectors of 512 bytes, whatever those of the device have; stat has no size for a device. */
async function deviceSize(status: Stats): Promise<number | undefined> {
  if (!status.isBlockDevice()) return undefined;
  const sectors = await readFile(`/sys/dev/block/${deviceNumber(status.rdev)}/size`, 'latin1').catch(
    () => undefined,
  );
  return sectors === undefined ? undefined : Number(sectors) * 512;
}

function fileAccess(file: FileHandle, action: string, size: number): RandomAccess {
  return {
    size,
    close: async () => await file.close(),
    read: async (position, length) => {
      const buffer = Buffer.allocUnsafeSlow(length);
      let filled = 0;
      while (filled < length) {
        const bytesRead = await readSome(file, {
          buffer,
          offset: filled,
          position: position + filled,
          action,
        });
        if (bytesRead === 0) throw truncated(action, position + length);
        filled += bytesRead;
      }
      return buffer;
    },
  };
}

interface ReadRequest {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly position: number;
  readonly action: string;
}

async function readSome(
  file: FileHandle,
  { buffer, offset, position, action }: ReadRequest,
): Promise<number> {
  try {
    return (await file.read(buffer, offset, buffer.length - offset, position)).bytesRead;
  } catch (error) {
    throw wordDiskError(error, action);
  }
}

function truncated(action: string, end: number): PaletteEdgeError {
  return new PaletteEdgeError('FILE_TRUNCATED', `${action} failed: it ends before byte ${end}`, {
    kind: 'content',
    suggestions: ['Compare its size with the original and copy it again.'],
  });
}
