import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { wordDriveError } from '../../src/usb/drive-error.ts';
import { loopDevice } from '../support/loop-device.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test.each([
  ['EIO', 'DRIVE_FAILED', 'disk', 'failed: the drive reports a failure (EIO)'],
  ['ENOSPC', 'DRIVE_FAILED', 'disk', 'the drive ends there, which is earlier than it says'],
  ['ENXIO', 'DRIVE_GONE', 'disk', 'was it unplugged?'],
  ['ENODEV', 'DRIVE_GONE', 'disk', 'was it unplugged?'],
  ['EROFS', 'DRIVE_READ_ONLY', 'disk', 'it is read-only'],
  ['EACCES', 'DRIVE_PERMISSION', 'authentication', 'permission denied'],
  ['EBUSY', 'DRIVE_BUSY', 'disk', 'has it open for itself alone'],
  ['EREMOTEIO', 'DRIVE_FAILED', 'disk', 'failed: EREMOTEIO'],
  ['Unknown system error -123', 'DRIVE_FAILED', 'disk', 'failed: Unknown system error -123'],
])('%s of a drive that is there', async (...[cause, code, kind, text]) => {
  const { path } = await loopDevice({ size: 4096 });
  const error = await wordDriveError(systemError(cause), { action: 'writing to', path, position: 512 });
  expect(error).toMatchObject({ code, kind, message: expect.stringContaining(text) });
  expect(String(error)).toContain(`writing to ${path}, at byte 512, failed: `);
  expect(error).toHaveProperty('suggestions.length', 1);
});

test('any failure of a drive that is no longer there is that it was unplugged', async () => {
  const attempt = { action: 'reading from', path: '/dev/sd-nowhere' };
  expect(await wordDriveError(systemError('EIO'), attempt)).toMatchObject({
    code: 'DRIVE_GONE',
    message: 'reading from /dev/sd-nowhere failed: the drive is gone: was it unplugged?',
  });
});

test('other errors are as they were', async () => {
  const attempt = { action: 'reading from', path: '/dev/null' };
  const ours = new PaletteEdgeError('X', 'x', { kind: 'usage' });
  const bugs = [ours, new TypeError('bug'), systemError('ERR_OUT_OF_RANGE')];
  for (const error of bugs) expect(await wordDriveError(error, attempt)).toBe(error);
});
