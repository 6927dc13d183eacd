import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { mkdir, open, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, onTestFinished, test } from 'vitest';

import { attachLoop, loopDevice } from '../support/loop-device.ts';
import type { LoopDevice } from '../support/loop-device.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { imageOf, mebibyte, mount, refusal } from './usb-attempt.ts';

const run = promisify(execFile);

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
