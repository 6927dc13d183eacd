import { execFile } from 'node:child_process';
import { copyFile, open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { bootProblems } from '../../src/iso/boot-problems.ts';
import { auroraBootIso, grubRescueIso, isolinuxIso, uefiOnlyIso } from '../support/bootable-iso.ts';
import { plainTree, structureOf } from '../support/plain-installer.ts';
import { requireTool } from '../support/required-tools.ts';
import { noise } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

describe('images as their tools write them', () => {
  test.each([
    ['grub-mkrescue', grubRescueIso],
    ['ISOLINUX', isolinuxIso],
    ['UEFI only', uefiOnlyIso],
  ])('%s: nothing is wrong', async (_, make) => {
    const { path } = await make(await plainTree(await temporaryFolder()));
    expect(bootProblems(await structureOf(path))).toEqual([]);
  });

  test('AuroraBoot: the file is longer than its GPT knows', async () => {
    const { path } = await auroraBootIso(await plainTree(await temporaryFolder()));
    expect(bootProblems(await structureOf(path))).toEqual([
      'the protective MBR partition ends before the image',
      expect.stringMatching(/^the backup GPT is at sector \d+, but the last one is \d+$/),
    ]);
  });
});

describe('images that were damaged', () => {
  test('one that grew in place: its file system is larger than its partition', async () => {
    const folder = await temporaryFolder();
    const { path } = await uefiOnlyIso(await plainTree(folder));
    const added = join(folder, 'added');
    await writeFile(added, noise(1_000_000, 3));
    await run(requireTool('xorriso'), ['-dev', path, '-boot_image', 'any', 'keep', '-map', added, '/added']);

    const problems = bootProblems(await structureOf(path));

    expect(problems).toContainEqual(expect.stringContaining('the backup GPT is at sector'));
    expect(problems).toContain('the protective MBR partition ends before the image');
  });

  test('partitions that overlap', async () => {
    // The second entry of the MBR begins inside of the first: at 0x100, with 0x10 sectors, when the first begins at 0x40.
    const entry = (type: number, start: number, sectors: number): Buffer => {
      const bytes = Buffer.alloc(16);
      bytes.writeUInt8(type, 4);
      bytes.writeUInt32LE(start, 8);
      bytes.writeUInt32LE(sectors, 12);
      return bytes;
    };
    const table = Buffer.concat([entry(0xcd, 0x40, 0x1000), entry(0xef, 0x100, 0x10)]);
    const path = await damaged(isolinuxWithoutGpt, 446, table);
    expect(bootProblems(await structureOf(path))).toContain('MBR partitions 1 and 2 overlap');
  });

  test('a partition that ends before the file system in it', async () => {
    // The number of sectors of MBR partition 1 of an image without a GPT; 0x1000 is too few.
    const path = await damaged(isolinuxWithoutGpt, 446 + 12, Buffer.from('00100000', 'hex'));
    expect(bootProblems(await structureOf(path))).toContainEqual(
      expect.stringMatching(/^MBR partition 1 ends \d+ bytes before the file system in it$/),
    );
  });

  test('a primary GPT with a wrong checksum', async () => {
    const path = await damaged(uefiOnlyIso, 512 + 56, Buffer.from('ff'));
    expect(bootProblems(await structureOf(path))).toContain('the GPT is damaged');
  });

  test('a backup GPT that is not there', async () => {
    const path = await damaged(uefiOnlyIso, -512, Buffer.alloc(512));
    expect(bootProblems(await structureOf(path))).toContainEqual(
      expect.stringContaining('there is no valid backup GPT'),
    );
  });

  test('an image that was cut off', async () => {
    const { path } = await uefiOnlyIso(await plainTree(await temporaryFolder()));
    const { size } = await structureOf(path);
    await truncate(path, size - 1024 * 1024);
    expect(bootProblems(await structureOf(path))).toContainEqual(
      expect.stringMatching(/^the file system says it has \d+ bytes/),
    );
  });

  test('an EFI image that is no file system', async () => {
    const { path } = await uefiOnlyIso(await plainTree(await temporaryFolder()));
    const { images } = await structureOf(path);
    const start = Array.isArray(images) ? (images[0]?.start ?? 0) : 0;
    await overwrite(path, start * 2048, Buffer.alloc(512));
    expect(bootProblems(await structureOf(path))).toContain(
      `the boot image at sector ${start} is for UEFI but holds no FAT file system`,
    );
  });

  test('a boot catalogue with a wrong checksum', async () => {
    const { path } = await uefiOnlyIso(await plainTree(await temporaryFolder()));
    const { catalogue = 0 } = await structureOf(path);
    await overwrite(path, catalogue * 2048 + 4, Buffer.from('X'));
    expect(bootProblems(await structureOf(path))).toContain('the El Torito boot catalogue is damaged');
  });

  test('an image that is not bootable', async () => {
    const folder = await temporaryFolder();
    const { root } = await plainTree(folder);
    const path = join(folder, 'data.iso');
    await run(requireTool('xorriso'), ['-as', 'mkisofs', '-R', '-o', path, root]);
    expect(bootProblems(await structureOf(path))).toEqual(['there is no El Torito boot catalogue']);
  });
});

async function damaged(make: typeof uefiOnlyIso, position: number, bytes: Buffer): Promise<string> {
  const { path } = await make(await plainTree(await temporaryFolder()));
  await overwrite(path, position, bytes);
  return path;
}

/** @param position from the end when it is negative */
async function overwrite(path: string, position: number, bytes: Buffer): Promise<void> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  await file.write(bytes, 0, bytes.length, position < 0 ? size + position : position);
}

async function isolinuxWithoutGpt(tree: Parameters<typeof isolinuxIso>[0]): ReturnType<typeof isolinuxIso> {
  const made = await isolinuxIso(tree);
  const path = join(tree.folder, 'mbr-only.iso');
  const mbr = requireTool('/usr/lib/ISOLINUX/isohdpfx.bin');
  const bios =
    '-c isolinux/boot.cat -b isolinux/isolinux.bin -no-emul-boot -boot-load-size 4 -boot-info-table';
  const options = ['-V', 'COS_LIVE', '-R', '-isohybrid-mbr', mbr, ...bios.split(' ')];
  await run(requireTool('xorriso'), [
    '-as',
    'mkisofs',
    ...options,
    '-o',
    path,
    join(tree.folder, 'isolinux-tree'),
  ]);
  await copyFile(path, made.path);
  return made;
}
