import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished } from 'vitest';

import { wireDriveSystem } from '../../src/cli/wire-usb.ts';
import type { DriveSystem } from '../../src/usb/drive-system.ts';
import { writeUsbDrive } from '../../src/workflows/write-usb-drive.ts';
import type { UsbWriteInput, UsbWriteQuestion } from '../../src/workflows/write-usb-drive.ts';
import type { LoopDevice } from '../support/loop-device.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

export const mebibyte = 1024 * 1024;

/** An image of so many bytes, which is not compressed. */
export async function imageOf(size: number): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  const bytes = randomBytes(size);
  // None of what is refused as compressed.
  bytes.fill('image', 0, 8);
  const path = join(await temporaryFolder(), 'image.iso');
  await writeFile(path, bytes);
  return { path, bytes };
}

export interface Attempt {
  readonly drive: LoopDevice;
  readonly image: string;
  readonly input?: Partial<UsbWriteInput>;
  readonly system?: Partial<DriveSystem>;
  readonly confirm?: (question: UsbWriteQuestion) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Writes to a loop device, which is what it takes to write to one: no removable drive, by the file behind it. */
export async function usbAttempt({ drive, image, input, system, confirm, signal }: Attempt) {
  return await writeUsbDrive(
    { image, device: drive.path, serial: drive.file, allowsFixed: true, ...input },
    {
      system: { ...wireDriveSystem(), ...system },
      listener: { onStart: () => undefined, onBytes: () => undefined },
      confirm: confirm ?? (async () => await Promise.resolve()),
    },
    signal ?? new AbortController().signal,
  );
}

/** Tries it, and makes sure that it is refused before anybody is asked, and that not a byte has changed. */
export async function refusal(given: Attempt) {
  const before = await readFile(given.drive.file);
  let wasAsked = false;
  const confirm = async () => await Promise.resolve(void (wasAsked = true));
  const error = await rejection(usbAttempt({ ...given, confirm }));
  expect(wasAsked).toBe(false);
  expect((await readFile(given.drive.file)).equals(before)).toBe(true);
  return error;
}

/** Mounts a device until the running test ends. */
export async function mount(device: string, flags: readonly string[] = []): Promise<string> {
  const folder = await temporaryFolder();
  await run('mount', [...flags, device, folder]);
  onTestFinished(async () => void (await run('umount', [folder])));
  return folder;
}
