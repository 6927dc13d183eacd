import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { mkdir, open, readFile, readlink, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, onTestFinished, test } from 'vitest';

import { wireDriveSystem } from '../../src/cli/wire-usb.ts';
import type { DriveSystem } from '../../src/usb/drive-system.ts';
import { writeUsbDrive } from '../../src/workflows/write-usb-drive.ts';
import type { UsbWriteInput, UsbWriteQuestion } from '../../src/workflows/write-usb-drive.ts';
import { attachLoop, loopDevice } from '../support/loop-device.ts';
import type { LoopDevice } from '../support/loop-device.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const mebibyte = 1024 * 1024;

async function imageOf(size: number): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  const bytes = randomBytes(size);
  // None of what is refused as compressed.
  bytes.fill('image', 0, 8);
  const path = join(await temporaryFolder(), 'image.iso');
  await writeFile(path, bytes);
  return { path, bytes };
}

interface Attempt {
  readonly drive: LoopDevice;
  readonly image: string;
  readonly input?: Partial<UsbWriteInput>;
  readonly system?: Partial<DriveSystem>;
  readonly confirm?: (question: UsbWriteQuestion) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Writes to a loop device, which is what it takes to write to one: no removable drive, by the file behind it. */
async function attempt({ drive, image, input, system, confirm, signal }: Attempt) {
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
async function refusal(given: Attempt) {
  const before = await readFile(given.drive.file);
  let wasAsked = false;
  const confirm = async () => await Promise.resolve(void (wasAsked = true));
  const error = await rejection(attempt({ ...given, confirm }));
  expect(wasAsked).toBe(false);
  expect((await readFile(given.drive.file)).equals(before)).toBe(true);
  return error;
}

describe('an image', () => {
  test.each([5 * mebibyte + 1000, 12 * mebibyte])('of %i bytes is on the drive', async (size) => {
    const { path, bytes } = await imageOf(size);
    const drive = await loopDevice({ size: 12 * mebibyte });
    const result = await attempt({ drive, image: path });
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
    expect(await attempt({ drive, image: path })).toMatchObject({ checksumFile: `${path}.sha256`, sha256 });
    bytes.writeUInt8(bytes.readUInt8(4_500_000) ^ 1, 4_500_000);
    await writeFile(path, bytes);
    const error = await rejection(attempt({ drive, image: path }));
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', kind: 'content' });
    expect(error.message).toContain(`not what ${path}.sha256 says: expected the sha256 ${sha256}, received`);
    const start = (await readFile(drive.file)).subarray(0, 4 * mebibyte);
    expect(start.equals(Buffer.alloc(4 * mebibyte))).toBe(true);
  });

  test('leaves nothing of an old partition table at the end of a larger drive', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 16 * mebibyte });
    await writeFile(drive.path, randomBytes(16 * mebibyte), { flag: 'r+' });
    await attempt({ drive, image: path });
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
    await attempt({
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
    await expect(attempt({ drive, image: path, confirm: async () => await Promise.reject(no) })).rejects.toBe(
      no,
    );
    expect((await readFile(drive.file)).equals(Buffer.alloc(2 * mebibyte))).toBe(true);
  });
});

describe('a drive is refused', () => {
  test('that is mounted', async () => {
    const { path } = await imageOf(mebibyte);
    const { drive, folder } = await mountedDrive();
    expect(await refusal({ drive, image: path })).toMatchObject({
      code: 'DRIVE_IN_USE',
      kind: 'usage',
      message: `${drive.path} is not written to: it is in use: ${drive.path} is mounted at ${folder}`,
      suggestions: [`If it is the right drive, end that first: umount ${folder}`],
    });
  });

  test('that is mounted where lsblk and our own mounts do not show it', async () => {
    const { path } = await imageOf(mebibyte);
    const { drive, folder, process } = await mountedElsewhere();
    const error = await refusal({ drive, image: path });
    expect(error).toMatchObject({ code: 'DRIVE_IN_USE' });
    expect(error.message).toContain(`${drive.path} is mounted at ${folder} for process ${process} (`);
  });

  test('that is mounted where nobody can look: the kernel knows', async () => {
    const { path } = await imageOf(mebibyte);
    const { drive } = await mountedElsewhere();
    // What a container sees.
    const proc = join(await temporaryFolder(), 'proc');
    await mkdir(join(proc, 'self'), { recursive: true });
    await writeFile(join(proc, 'self', 'mountinfo'), '1 1 0:1 / / rw - overlay overlay rw\n');
    expect(await refusal({ drive, image: path, system: { proc } })).toMatchObject({
      code: 'DRIVE_BUSY',
      kind: 'disk',
      message: expect.stringContaining(`opening ${drive.path} failed`),
    });
  });

  test('that is mounted under a number of its own, as Btrfs is', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    const proc = await procWith({ mountinfo: `22 1 0:99 / /media/x rw - btrfs ${drive.path} rw\n` });
    expect(await refusal({ drive, image: path, system: { proc } })).toMatchObject({
      code: 'DRIVE_IN_USE',
      message: expect.stringContaining(`${drive.path} is mounted at /media/x`),
    });
  });

  test('of which a partition is mounted', async () => {
    const { path } = await imageOf(mebibyte);
    const { drive, partition } = await partitionedDrive();
    await run(requireTool('mkfs.ext4'), ['-q', partition]);
    const folder = await mount(partition);
    const error = await refusal({ drive, image: path });
    expect(error).toMatchObject({ code: 'DRIVE_IN_USE' });
    expect(error.message).toContain(`it is in use: ${partition} is mounted at ${folder}`);
  });

  test('that has swap space', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    const proc = await procWith({
      swaps: `Filename Type Size Used Priority\n${drive.path} partition 2048 0 -2\n`,
    });
    expect(await refusal({ drive, image: path, system: { proc } })).toMatchObject({
      code: 'DRIVE_IN_USE',
      message: expect.stringContaining(`${drive.path} is swap space`),
      suggestions: [`If it is the right drive, end that first: swapoff ${drive.path}`],
    });
  });

  test('that another device is made of', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    const above = await attachLoop(drive.path);
    expect(await refusal({ drive, image: path })).toMatchObject({
      code: 'DRIVE_IN_USE',
      message: expect.stringContaining(`${drive.path} is attached to ${above.path}`),
      suggestions: [`If it is the right drive, end that first: losetup -d ${above.path}`],
    });
  });

  test('that holds the running system, whatever else is said', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    const proc = await procWith({
      mountinfo: `22 1 ${await numberOf(drive)} / /boot/efi rw - vfat /dev/x rw\n`,
    });
    expect(await refusal({ drive, image: path, system: { proc } })).toMatchObject({
      code: 'DRIVE_HOLDS_SYSTEM',
      message: expect.stringContaining(`it holds the running system: ${drive.path} is mounted at /boot/efi`),
    });
  });

  test('that is read-only', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte, isReadOnly: true });
    expect(await refusal({ drive, image: path })).toMatchObject({
      code: 'DRIVE_READ_ONLY',
      message: `${drive.path} is not written to: it is read-only`,
    });
  });

  test('that is not removable', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    expect(await refusal({ drive, image: path, input: { allowsFixed: false } })).toMatchObject({
      code: 'DRIVE_NOT_REMOVABLE',
      message: `${drive.path} is not written to: it is a loop device, no drive`,
    });
  });

  test('that is smaller than the image, and for every other reason at once', async () => {
    const { path } = await imageOf(mebibyte + 1);
    const drive = await loopDevice({ size: mebibyte, isReadOnly: true });
    const error = await refusal({ drive, image: path });
    expect(error).toMatchObject({
      code: 'DRIVE_READ_ONLY',
      details: { reasons: ['DRIVE_READ_ONLY', 'DRIVE_TOO_SMALL'] },
    });
    expect(error.message).toContain('1.05 MB (1048576 bytes) against 1.05 MB (1048577 bytes)');
  });

  test('that has the image on it', async () => {
    const { drive, folder } = await mountedDrive();
    const image = join(folder, 'image.iso');
    await writeFile(image, randomBytes(1000).fill('image', 0, 5));
    await run('sync', []);
    expect(await refusal({ drive, image })).toMatchObject({ code: 'IMAGE_ON_DRIVE' });
  });

  test('that has the image on it, in a file system with a number of its own', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    const mountinfo = `1 1 0:9 / / rw - overlay overlay rw\n22 1 0:99 / ${dirname(path)} rw - btrfs ${drive.path} rw\n`;
    const proc = await procWith({ mountinfo });
    expect(await refusal({ drive, image: path, system: { proc } })).toMatchObject({ code: 'IMAGE_ON_DRIVE' });
  });

  test('that is made of the image', async () => {
    const drive = await loopDevice({ size: 2 * mebibyte });
    expect(await refusal({ drive, image: drive.file })).toMatchObject({ code: 'IMAGE_ON_DRIVE' });
  });

  test('that something else has for itself', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    const holder = await open(drive.path, constants.O_RDONLY | constants.O_EXCL);
    onTestFinished(async () => await holder.close());
    expect(await refusal({ drive, image: path })).toMatchObject({ code: 'DRIVE_BUSY', kind: 'disk' });
  });

  test.each([
    ['another serial number', '/elsewhere/drive.img', 'should have the serial number "/elsewhere/drive.img"'],
    ['none where one is needed', undefined, 'only by its serial number'],
  ])('with %s', async (_what, serial, message) => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    expect(await refusal({ drive, image: path, input: { serial } })).toMatchObject({
      code: 'SERIAL_MISMATCH',
      message: expect.stringContaining(message),
    });
  });

  test('that is a partition', async () => {
    const { path } = await imageOf(mebibyte);
    const { drive, partition } = await partitionedDrive();
    expect(await refusal({ drive, image: path, input: { device: partition } })).toMatchObject({
      code: 'DRIVE_IS_PARTITION',
      message: expect.stringContaining(`it is a partition of ${drive.path}`),
      suggestions: [`If it is the right drive, name all of it: ${drive.path}`],
    });
  });

  test.each([
    ['a file', 'drive.img', 'DRIVE_NOT_A_DEVICE'],
    ['a folder', '.', 'DRIVE_NOT_A_DEVICE'],
    ['a character device', '/dev/null', 'DRIVE_NOT_A_DEVICE'],
    ['missing', 'nothing', 'DRIVE_NOT_FOUND'],
  ])('that is %s', async (_what, name, code) => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    const device = name.startsWith('/') ? name : join(drive.file, '..', name);
    expect(await refusal({ drive, image: path, input: { device } })).toMatchObject({ code });
  });

  test('that is named without its folder', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    expect(await refusal({ drive, image: path, input: { device: 'sdz' } })).toMatchObject({
      code: 'DRIVE_NOT_FOUND',
      suggestions: expect.arrayContaining(['Devices are in /dev: /dev/sdz']),
    });
  });

  test('on anything but Linux', async () => {
    const { path } = await imageOf(mebibyte);
    const drive = await loopDevice({ size: 2 * mebibyte });
    expect(await refusal({ drive, image: path, system: { platform: 'darwin' } })).toMatchObject({
      code: 'USB_UNSUPPORTED',
      kind: 'usage',
    });
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
      attempt({ drive, image: path, system, confirm: async () => await change(scene) }),
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
      attempt({
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
  await attempt({
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
  await expect(attempt({ ...given, confirm })).rejects.toBe(reason);
  await expect(attempt(given)).rejects.toBe(reason);
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

async function mount(device: string, flags: readonly string[] = []): Promise<string> {
  const folder = await temporaryFolder();
  await run('mount', [...flags, device, folder]);
  onTestFinished(async () => void (await run('umount', [folder])));
  return folder;
}

async function mountedDrive(): Promise<{ readonly drive: LoopDevice; readonly folder: string }> {
  const drive = await loopDevice({ size: 8 * mebibyte });
  await run(requireTool('mkfs.ext4'), ['-q', drive.path]);
  return { drive, folder: await mount(drive.path) };
}

/** A process in a mount namespace of its own has it mounted. */
async function mountedElsewhere() {
  const drive = await loopDevice({ size: 8 * mebibyte });
  await run(requireTool('mkfs.ext4'), ['-q', drive.path]);
  const folder = await temporaryFolder();
  const script = 'mount "$0" "$1" && echo mounted && read -r line';
  const child = spawn(
    requireTool('unshare'),
    ['--mount', '--propagation', 'private', 'sh', '-c', script, drive.path, folder],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.stdin.end();
    await closed;
  });
  await once(child.stdout, 'data');
  return { drive, folder, process: child.pid };
}

async function partitionedDrive() {
  const drive = await loopDevice({ size: 8 * mebibyte });
  // 512-byte sectors: from 1 MiB on, 4 MiB.
  await run(requireTool('addpart'), [drive.path, '1', '2048', '8192']);
  return { drive, partition: `${drive.path}p1` };
}

/** This machine's /proc, but for what is told of mounts or swap space. */
async function procWith({ mountinfo, swaps }: { readonly mountinfo?: string; readonly swaps?: string }) {
  const proc = join(await temporaryFolder(), 'proc');
  await mkdir(join(proc, 'self', 'ns'), { recursive: true });
  await symlink(await readlink('/proc/self/ns/mnt'), join(proc, 'self', 'ns', 'mnt'));
  await writeFile(
    join(proc, 'self', 'mountinfo'),
    mountinfo ?? (await readFile('/proc/self/mountinfo', 'utf8')),
  );
  await writeFile(join(proc, 'swaps'), swaps ?? (await readFile('/proc/swaps', 'utf8')));
  return proc;
}

async function numberOf({ path }: LoopDevice): Promise<string> {
  return (await readFile(`/sys/block/${basename(path)}/dev`, 'utf8')).trim();
}
