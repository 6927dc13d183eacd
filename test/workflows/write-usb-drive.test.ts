import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { wireDriveSystem } from '../../src/cli/wire-usb.ts';
import type { DriveSystem } from '../../src/usb/drive-system.ts';
import type { UsbWriteQuestion } from '../../src/workflows/write-usb-drive.ts';
import { loopDevice } from '../support/loop-device.ts';
import type { LoopDevice } from '../support/loop-device.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { usbAttempt, imageOf, mebibyte, mount } from './usb-attempt.ts';

const run = promisify(execFile);

describe('an image', () => {
  test.each([5 * mebibyte + 1000, 12 * mebibyte])('of %i bytes is on the drive', async (size) => {
    const { path, bytes } = await imageOf(size);
    const drive = await loopDevice({ size: 12 * mebibyte });
    const result = await usbAttempt({ drive, image: path });
    expect(result).toEqual({
      image: path,
      label: undefined,
      device: drive.path,
      model: undefined,
      serial: drive.file,
      checksumFile: undefined,
      bytes: size,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      seconds: expect.any(Number),
      verified: true,
    });
    const written = await readFile(drive.file);
    expect(written.subarray(0, size).equals(bytes)).toBe(true);
  });

  test('that its .sha256 fits is on the drive; one that it does not fit leaves a drive that looks empty', async () => {
    const { path, bytes } = await imageOf(5 * mebibyte);
    const drive = await loopDevice({ size: 8 * mebibyte });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await writeFile(`${path}.sha256`, `${sha256}  image.iso\n`);
    expect(await usbAttempt({ drive, image: path })).toMatchObject({
      checksumFile: `${path}.sha256`,
      sha256,
    });
    bytes.writeUInt8(bytes.readUInt8(4_500_000) ^ 1, 4_500_000);
    await writeFile(path, bytes);
    const error = await rejection(usbAttempt({ drive, image: path }));
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', kind: 'content' });
    expect(error.message).toContain(`not what ${path}.sha256 says: expected the sha256 ${sha256}, received`);
    const start = (await readFile(drive.file)).subarray(0, 4 * mebibyte);
    expect(start.equals(Buffer.alloc(4 * mebibyte))).toBe(true);
  });

  test('leaves nothing of an old partition table at the end of a larger drive', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 16 * mebibyte });
    await writeFile(drive.path, randomBytes(16 * mebibyte), { flag: 'r+' });
    await usbAttempt({ drive, image: path });
    const end = (await readFile(drive.file)).subarray(15 * mebibyte);
    expect(end.equals(Buffer.alloc(mebibyte))).toBe(true);
  });

  test('is written to the drive that a link names; whoever agrees sees both names, and what is on it', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 16 * mebibyte });
    await run(requireTool('mkfs.ext4'), ['-q', '-L', 'OLD STICK', drive.path]);
    const link = join(await temporaryFolder(), 'usb-Maker_Stick-0:0');
    await symlink(drive.path, link);
    const questions: UsbWriteQuestion[] = [];
    await usbAttempt({
      drive,
      image: path,
      input: { device: link },
      confirm: async (question) => await Promise.resolve(void questions.push(question)),
    });
    expect(questions).toMatchObject([
      {
        image: { path, size: mebibyte, label: undefined },
        device: link,
        isFixed: true,
        drive: {
          path: drive.path,
          serial: drive.file,
          size: 16 * mebibyte,
          contents: [{ path: drive.path, content: 'ext4', label: 'OLD STICK' }],
        },
      },
    ]);
  });

  test('is not written when nobody agrees', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    const no = new Error('no');
    await expect(
      usbAttempt({ drive, image: path, confirm: async () => await Promise.reject(no) }),
    ).rejects.toBe(no);
    expect((await readFile(drive.file)).equals(Buffer.alloc(2 * mebibyte))).toBe(true);
  });
});

describe('between the question and the answer', () => {
  test.each([
    ['size', async ({ drive }: ChangingScene) => await grow(drive)],
    ['serial number', async ({ tell }: ChangingScene) => await tell('loop/backing_file', '/elsewhere.img')],
    ['place among all drives that came', async ({ tell }: ChangingScene) => await tell('diskseq', '1000')],
    ['model', async ({ rename }: ChangingScene) => await Promise.resolve(rename('Other'))],
  ])('a drive with another %s gets the name: nothing is written to it', async (_what, change) => {
    const { path } = await imageOf(mebibyte);
    const scene = await changingScene();
    const { drive, system } = scene;
    const error = await rejection(
      usbAttempt({ drive, image: path, system, confirm: async () => await change(scene) }),
    );
    expect(error).toMatchObject({ code: 'DRIVE_CHANGED', kind: 'usage' });
    expect((await readFile(drive.file)).every((byte) => byte === 0)).toBe(true);
  });

  test('the drive is mounted: nothing is written', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    await run(requireTool('mkfs.ext4'), ['-q', drive.path]);
    const before = await readFile(drive.file);
    const error = await rejection(
      usbAttempt({
        drive,
        image: path,
        confirm: async () => void (await mount(drive.path, ['-o', 'ro,noload'])),
      }),
    );
    expect(error).toMatchObject({ code: 'DRIVE_BUSY', kind: 'disk' });
    expect((await readFile(drive.file)).equals(before)).toBe(true);
  });
});

test('the drive cannot be mounted while it is written', async () => {
  const { path } = await imageOf(mebibyte);
  const drive = await loopDevice({ size: 2 * mebibyte });
  await run(requireTool('mkfs.ext4'), ['-q', drive.path]);
  const folder = await temporaryFolder();
  let refused: unknown;
  const system = {
    // The drive is open, and looked at once more.
    runTool: async (program: string, args: readonly string[], signal: AbortSignal) => {
      if (refused === 'next' && program === 'lsblk') {
        refused = await run('mount', [drive.path, folder]).then(
          async () => await run('umount', [folder]),
          (error: unknown) => error,
        );
      }
      return await wireDriveSystem().runTool(program, args, signal);
    },
  };
  await usbAttempt({
    drive,
    image: path,
    system,
    confirm: async () => await Promise.resolve(void (refused = 'next')),
  });
  expect(String(refused)).toMatch(/busy|already mounted/);
});

test('an abort while somebody is asked, and before, writes nothing', async () => {
  const { path } = await imageOf(mebibyte);
  const drive = await loopDevice({ size: 2 * mebibyte });
  const controller = new AbortController();
  const reason = new Error('interrupted');
  const given = { drive, image: path, signal: controller.signal };
  const confirm = async () => await Promise.resolve(controller.abort(reason));
  await expect(usbAttempt({ ...given, confirm })).rejects.toBe(reason);
  await expect(usbAttempt(given)).rejects.toBe(reason);
  expect((await readFile(drive.file)).equals(Buffer.alloc(2 * mebibyte))).toBe(true);
});

type ChangingScene = Awaited<ReturnType<typeof changingScene>>;

/** A drive of which something else can be told. Detaching it would do the same, but give its number to any other test. */
async function changingScene() {
  const drive = await loopDevice({ size: 2 * mebibyte });
  const sys = await temporaryFolder();
  const tell = async (name: string, text: string) =>
    await writeFile(join(sys, 'block', basename(drive.path), name), `${text}\n`);
  await mkdir(join(sys, 'block', basename(drive.path), 'loop'), { recursive: true });
  await tell('loop/backing_file', drive.file);
  await tell('diskseq', '7');
  let model: string | undefined;
  const runTool: DriveSystem['runTool'] = async (...call) => {
    const text = await wireDriveSystem().runTool(...call);
    return model === undefined ? text : text.replaceAll('"model": null', `"model": "${model}"`);
  };
  return { drive, tell, rename: (name: string) => void (model = name), system: { sys, runTool } };
}

async function grow({ path, file }: LoopDevice): Promise<void> {
  await truncate(file, 3 * mebibyte);
  await run(requireTool('losetup'), ['--set-capacity', path]);
}
