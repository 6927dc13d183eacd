import { access, constants, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import { PaletteEdgeError } from '../errors.ts';
import { writeAll } from '../io/write-all.ts';
import { blockDeviceNumber, deviceNumber } from '../io/device-number.ts';
import type { Drive } from './drive.ts';
import { wordDriveError } from './drive-error.ts';

/** A place for an image: bytes that can be written and read at any position. */
export interface WritableDrive {
  /** `/dev/sdb` */
  readonly path: string;
  readonly size: number;
  /** Bytes; positions are multiples of it. */
  readonly sectorSize: number;
  /** Writes at most {@link chunkSize} bytes; what is missing of the last sector is zeroes. They have reached the drive when it returns. */
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** At most {@link chunkSize} bytes, from the drive and not from memory; good until the next call. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Has the drive keep what it was given. */
  flush(): Promise<void>;
}

/** A {@link WritableDrive} that is closed when it is no longer needed. */
export interface OpenDrive extends WritableDrive, AsyncDisposable {}

/** Bytes of a write: as much as dd is usually told to take. */
export const chunkSize = 4 * 1024 * 1024;

// Memory for O_DIRECT begins at a multiple of the sector size. That of WebAssembly begins at a page, in every engine.
declare const WebAssembly: {
  readonly Memory: new (description: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};
const wasmPage = 64 * 1024;

/**
 * Opens a drive for itself alone: the kernel refuses that while it, or a partition of it, is mounted in any mount namespace, is
 * swap space, or is part of something, and refuses all that as long as it is open. Goes past the page cache: what is written
 * is on the drive, what is read comes from there, and the memory of the machine keeps what it has.
 *
 * @throws PaletteEdgeError `DRIVE_BUSY`, `DRIVE_GONE`, `DRIVE_READ_ONLY` (kind disk), `DRIVE_PERMISSION` (kind authentication),
 *   `DRIVE_CHANGED` (kind usage) when another device has this name now
 */
export async function openDrive({ path, number, size, sectorSize }: Drive): Promise<OpenDrive> {
  const attempt = { action: 'opening', path };
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDWR | constants.O_EXCL | constants.O_DIRECT);
  } catch (error) {
    throw await wordDriveError(error, attempt);
  }
  try {
    const status = await file.stat();
    const isSame = status.isBlockDevice() && deviceNumber(status.rdev) === number;
    if (!isSame || (await blockDeviceNumber(path)) !== number) throw driveChanged(path);
  } catch (error) {
    await file.close();
    throw await wordDriveError(error, attempt);
  }
  return exclusiveAccess(file, { path, size, sectorSize });
}

/**
 * Finds out whether {@link openDrive} would open a drive, without writing to it: nobody should be asked about one that cannot be
 * written.
 *
 * @throws as {@link openDrive}
 */
export async function checkDriveAccess({ path }: Drive): Promise<void> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    // Not for writing: udev looks at a drive anew whenever it was open for that.
    await using file = await open(path, constants.O_RDONLY | constants.O_EXCL);
    await file.stat();
  } catch (error) {
    throw await wordDriveError(error, { action: 'opening', path });
  }
}

/** Something else has the name of the drive that was asked about. */
export function driveChanged(path: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'DRIVE_CHANGED',
    `${path} is not written to: it is no longer the drive that it was a moment ago`,
    { kind: 'usage', suggestions: ['See what is there now: palette-edge usb list --all'] },
  );
}

function exclusiveAccess(
  file: FileHandle,
  drive: Pick<WritableDrive, 'path' | 'size' | 'sectorSize'>,
): OpenDrive {
  const { path, sectorSize } = drive;
  const memory = new Uint8Array(new WebAssembly.Memory({ initial: chunkSize / wasmPage }).buffer);
  const wholeSectors = (length: number): Uint8Array =>
    memory.subarray(0, Math.ceil(length / sectorSize) * sectorSize);
  const wording = async <T>(attempt: { action: string; position?: number }, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw await wordDriveError(error, { ...attempt, path });
    }
  };
  return {
    ...drive,
    write: async (position, bytes) => {
      const sectors = wholeSectors(bytes.length);
      sectors.set(bytes);
      sectors.fill(0, bytes.length);
      await wording({ action: 'writing to', position }, writeAll(file, sectors, position));
    },
    read: async (position, length) => {
      const sectors = wholeSectors(length);
      await wording({ action: 'reading from', position }, readAll(file, sectors, position));
      return sectors.subarray(0, length);
    },
    flush: async () => await wording({ action: 'writing to' }, file.sync()),
    [Symbol.asyncDispose]: async () => await file.close(),
  };
}

async function readAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
    // The kernel has noticed that the drive ends earlier, or is gone.
    if (bytesRead === 0) throw Object.assign(new Error('the drive ends there'), { code: 'ENOSPC' });
    filled += bytesRead;
  }
}
