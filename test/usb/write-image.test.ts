import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import type { RandomAccess } from '../../src/io/random-access.ts';
import { chunkSize } from '../../src/usb/open-drive.ts';
import { writeImage } from '../../src/usb/write-image.ts';
import { fakeDrive } from '../support/fake-drive.ts';
import type { FakeDrive } from '../support/fake-drive.ts';
import { rejection } from '../support/rejection.ts';

const silent = { onStart: () => undefined, onBytes: () => undefined };
const mebibyte = 1024 * 1024;

/** Bytes that differ everywhere: no chunk looks like another one, and none is zero. */
function bytesOf(size: number): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4)).map((_, index) => index + 1);
  return Buffer.from(words.buffer, 0, size);
}

function imageOf(bytes: Buffer): RandomAccess {
  return {
    size: bytes.length,
    read: async (position, length) =>
      await Promise.resolve(Uint8Array.from(bytes.subarray(position, position + length))),
    close: async () => await Promise.resolve(),
  };
}

async function write(bytes: Buffer, drive: FakeDrive, signal = new AbortController().signal) {
  return await writeImage(imageOf(bytes), drive, { listener: silent, signal });
}

function isEmptyAtItsBeginning({ content }: FakeDrive): boolean {
  return isFull(content.subarray(0, chunkSize), 0);
}

function isFull(bytes: Buffer, value: number): boolean {
  return bytes.equals(Buffer.alloc(bytes.length, value));
}

describe('an image is on the drive byte for byte, and the end of the drive is wiped', () => {
  const drivesEnd = 3 * chunkSize;
  test.each([
    ['of one byte', 1, 512],
    ['of no whole sector', 5001, 5120],
    ['of one chunk', chunkSize, chunkSize],
    ['of a chunk and a byte', chunkSize + 1, chunkSize + 512],
    ['up to the last MiB', drivesEnd - mebibyte, drivesEnd - mebibyte],
    ['into the last MiB', drivesEnd - 1000, drivesEnd - 512],
    ['up to the end', drivesEnd, drivesEnd],
  ])('%s', async (_what, size, end) => {
    const bytes = bytesOf(size);
    const drive = fakeDrive(drivesEnd);
    const written = await write(bytes, drive);
    expect(written).toEqual({
      bytes: size,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(Buffer.compare(drive.content.subarray(0, size), bytes)).toBe(0);
    const wiped = Math.max(end, drivesEnd - mebibyte);
    expect(isFull(drive.content.subarray(wiped), 0)).toBe(true);
    // What is between is nobody's business, and takes time.
    expect(isFull(drive.content.subarray(Math.max(end, chunkSize), wiped), 0xaa)).toBe(true);
  });

  test('of a drive that is smaller than a chunk', async () => {
    const drive = fakeDrive(10 * 512);
    await write(bytesOf(600), drive);
    expect(drive.content.subarray(0, 600)).toEqual(bytesOf(600));
    expect(isFull(drive.content.subarray(600), 0)).toBe(true);
  });
});

test('an image that is not the expected one leaves the beginning empty, and nothing is read back', async () => {
  const drive = fakeDrive(3 * chunkSize);
  const bytes = bytesOf(2 * chunkSize);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { signal } = new AbortController();
  const writing = async (expected: string) =>
    await writeImage(imageOf(bytes), drive, {
      listener: silent,
      signal,
      expected: { sha256: expected, source: 'x.iso.sha256' },
    });
  expect(await rejection(writing('0'.repeat(64)))).toMatchObject({
    code: 'CHECKSUM_MISMATCH',
    kind: 'content',
    message: `the image is not what x.iso.sha256 says: expected the sha256 ${'0'.repeat(64)}, received ${sha256}`,
  });
  expect(isEmptyAtItsBeginning(drive)).toBe(true);
  expect(drive.calls.filter((call) => call.startsWith('read'))).toEqual([]);
  expect(await writing(sha256)).toEqual({ bytes: bytes.length, sha256 });
});

test('the beginning is wiped first and written last, and everything is read back', async () => {
  const drive = fakeDrive(4 * chunkSize);
  await write(bytesOf(2 * chunkSize + 100), drive);
  const [c, tail] = [chunkSize, 4 * chunkSize - mebibyte];
  expect(drive.calls).toEqual([
    `write 0 ${c}`,
    `write ${tail} ${mebibyte}`,
    'flush',
    `write ${c} ${c}`,
    `write ${2 * c} 100`,
    'flush',
    `read 0 ${c}`,
    `read ${c} ${c}`,
    `read ${2 * c} 100`,
    `write 0 ${c}`,
    'flush',
    `read 0 ${c}`,
  ]);
});

test('both passes are told, each byte once', async () => {
  const told: (string | number)[] = [];
  const listener = {
    onStart: (phase: string, bytes: number) => void told.push(phase, bytes),
    onBytes: (count: number) => void told.push(count),
  };
  const image = imageOf(bytesOf(2 * chunkSize + 100));
  const { signal } = new AbortController();
  await writeImage(image, fakeDrive(3 * chunkSize), { listener, signal });
  const [c, size] = [chunkSize, 2 * chunkSize + 100];
  expect(told).toEqual(['write', size, c, c, 100, 'verify', size, c, 100, c]);
});

describe('a drive that loses data is told, and does not look like the image', () => {
  const c = chunkSize;
  test.each([
    ['changes a byte', 4 * c, { before: changeAt(2 * c + 7, `read ${c} ${c}`) }, [2 * c, 3 * c - 1]],
    ['forgets what is behind its real end', 4 * c, { forgetsFrom: 3 * c }, [3 * c, 4 * c - 1]],
    ['begins again behind its real end', 4 * c, { wrapsAt: 3 * c }, [0, c - 1]],
    ['begins again in the middle', 5 * c, { wrapsAt: 3 * c }, [0, c - 1]],
    ['changes its beginning when that is read back', 4 * c, { before: changeOnLastRead(3) }, [0, c - 1]],
  ])('it %s', async (...[, size, faults, [first, last]]) => {
    const drive = fakeDrive(size, faults);
    const error = await rejection(write(bytesOf(size), drive));
    expect(error).toMatchObject({ code: 'DRIVE_DIFFERS', kind: 'content' });
    expect(error.message).toContain(`/dev/sdx`);
    expect(error.message).toContain(`between bytes ${first} and ${last}`);
    // Empty, or with what wrapped around; with the beginning of the image never.
    expect(drive.content.subarray(0, 4096)).not.toEqual(bytesOf(4096));
  });

  function changeAt(position: number, when: string) {
    return (call: string, content: Buffer) => {
      if (call === when) content.writeUInt8(content.readUInt8(position) ^ 1, position);
    };
  }

  /** The beginning is read before it is written, and after. */
  function changeOnLastRead(position: number) {
    let reads = 0;
    return (call: string, content: Buffer) => {
      reads += call.startsWith('read 0 ') ? 1 : 0;
      if (call.startsWith('read 0 ') && reads === 2)
        content.writeUInt8(content.readUInt8(position) ^ 1, position);
    };
  }
});

describe('what ends it leaves a drive that looks empty', () => {
  const c = chunkSize;
  test.each([
    ['while it is written', `write ${2 * c} ${c}`],
    ['before it is flushed', `flush`],
    ['while it is read back', `read ${3 * c} ${c}`],
  ])('an abort %s', async (_what, when) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const drive = fakeDrive(4 * c, { before: (call) => void (call === when && controller.abort(reason)) });
    await expect(write(bytesOf(4 * c), drive, controller.signal)).rejects.toBe(reason);
    expect(isEmptyAtItsBeginning(drive)).toBe(true);
    expect(drive.calls.filter((call) => call === `write 0 ${c}`)).toHaveLength(1);
  });

  test('an abort before anything leaves the drive as it was', async () => {
    const drive = fakeDrive(4 * c);
    await expect(write(bytesOf(9), drive, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
    expect(drive.calls).toEqual([]);
  });

  test.each([`write ${2 * c} ${c}`, `write ${3 * c} ${c}`, `read ${c} ${c}`])(
    'a failure at: %s',
    async (when) => {
      const failure = new Error('EIO');
      const drive = fakeDrive(4 * c, { before: failAt(when, 1) });
      await expect(write(bytesOf(4 * c), drive)).rejects.toThrow(failure);
      expect(isEmptyAtItsBeginning(drive)).toBe(true);
    },
  );

  test('a failure after the beginning was written', async () => {
    // The third time that the drive is told to keep what it has.
    const drive = fakeDrive(4 * c, { before: failAt('flush', 3) });
    await expect(write(bytesOf(4 * c), drive)).rejects.toThrow('EIO');
    expect(isEmptyAtItsBeginning(drive)).toBe(true);
  });

  test('an image that cannot be read', async () => {
    const drive = fakeDrive(4 * c);
    const image = imageOf(bytesOf(4 * c));
    const failing = {
      ...image,
      read: async (position: number, length: number) => {
        if (position === 2 * c) throw new Error('the image is shorter now');
        return await image.read(position, length);
      },
    };
    const { signal } = new AbortController();
    await expect(writeImage(failing, drive, { listener: silent, signal })).rejects.toThrow('shorter now');
    expect(isEmptyAtItsBeginning(drive)).toBe(true);
  });

  function failAt(when: string, nth: number) {
    let count = 0;
    return (call: string) => {
      count += call === when ? 1 : 0;
      if (call === when && count === nth) throw new Error('EIO');
    };
  }
});
