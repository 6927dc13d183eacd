import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

import { describe, expect, test } from 'vitest';

import { wireDriveSystem } from '../../src/cli/wire-usb.ts';
import { findDrive } from '../../src/usb/find-drive.ts';
import { chunkSize, openDrive } from '../../src/usb/open-drive.ts';
import { loopDevice } from '../support/loop-device.ts';
import { rejection } from '../support/rejection.ts';

const size = 2 * chunkSize;

async function loopDrive() {
  const loop = await loopDevice({ size });
  const { drive } = await findDrive(loop.path, wireDriveSystem(), new AbortController().signal);
  return { loop, drive };
}

describe('an open drive', () => {
  test('takes bytes at any sector, fills up the last one, and gives them back', async () => {
    const { loop, drive } = await loopDrive();
    await using opened = await openDrive(drive);
    await opened.write(0, new Uint8Array(chunkSize).fill(9));
    await opened.write(512, new Uint8Array(700).fill(1));
    await opened.flush();
    const expected = Buffer.alloc(chunkSize, 9).fill(1, 512, 1212).fill(0, 1212, 1536);
    expect(Buffer.from(await opened.read(0, 1300)).equals(expected.subarray(0, 1300))).toBe(true);
    expect((await readFile(loop.file)).subarray(0, chunkSize).equals(expected)).toBe(true);
  });

  test('is open for nobody else that asks for it alone', async () => {
    const { drive } = await loopDrive();
    {
      await using _opened = await openDrive(drive);
      await expect(open(drive.path, constants.O_RDONLY | constants.O_EXCL)).rejects.toThrow('EBUSY');
      expect(await rejection(openDrive(drive))).toMatchObject({ code: 'DRIVE_BUSY' });
    }
    await using again = await openDrive(drive);
    expect(again.size).toBe(size);
  });

  test('ends where it ends', async () => {
    const { drive } = await loopDrive();
    await using opened = await openDrive(drive);
    expect(await rejection(opened.read(size, 512))).toMatchObject({ code: 'DRIVE_FAILED' });
    expect(await rejection(opened.write(size, new Uint8Array(512)))).toMatchObject({ code: 'DRIVE_FAILED' });
  });
});

test('a drive with another number than was asked about is not opened', async () => {
  const { drive } = await loopDrive();
  expect(await rejection(openDrive({ ...drive, number: '8:16' }))).toMatchObject({ code: 'DRIVE_CHANGED' });
});

test('a drive that is gone', async () => {
  const { drive } = await loopDrive();
  const error = await rejection(openDrive({ ...drive, path: '/dev/sd-nowhere' }));
  expect(error).toMatchObject({ code: 'DRIVE_GONE', kind: 'disk' });
});
