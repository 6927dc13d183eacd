import { execFile } from 'node:child_process';
import { readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { auroraBootIso, copiedEfiIso, uefiOnlyIso } from '../support/bootable-iso.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { plainTree } from '../support/plain-installer.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { embedInto, userDataFile } from './embed-into.ts';

const run = promisify(execFile);

describe('installers that cannot be carried over', () => {
  const refused = async (installer: string): Promise<string> => {
    const folder = await temporaryFolder();
    const userData = await userDataFile(folder);
    const output = join(folder, 'out', 'new.iso');
    const error = await rejection(embedInto({ installer, output, userData }));
    expect(error).toMatchObject({ code: 'INSTALLER_UNSUPPORTED', kind: 'usage' });
    expect(error.suggestions.join()).toContain('installer tree');
    expect(await readdir(folder)).toEqual(['user-data']);
    return error.message;
  };

  const made = async (options: readonly string[]): Promise<string> => {
    const folder = await temporaryFolder();
    const tree = await plainTree(folder);
    const path = join(folder, 'made.iso');
    await run(requireTool('xorriso'), [
      '-as',
      'mkisofs',
      '-V',
      'COS_LIVE',
      ...options,
      '-o',
      path,
      tree.root,
    ]);
    return path;
  };

  test('one that is not bootable, by the name that it was given', async () => {
    const { folder, path } = await bundleFile();
    const link = join(folder, 'link.iso');
    await symlink((await makeIso([path])).path, link);
    expect(await refused(link)).toMatch(
      `${link} cannot be written anew so that it boots: it has no El Torito boot catalogue`,
    );
  });

  test('one without Rock Ridge', async () => {
    const folder = await temporaryFolder();
    const tree = await plainTree(folder);
    const path = join(folder, 'plain.iso');
    const options = [
      '-quiet',
      '-V',
      'COS_LIVE',
      '-b',
      'boot/uefi.img',
      '-no-emul-boot',
      '-o',
      path,
      tree.root,
    ];
    await run(requireTool('genisoimage'), options);
    expect(await refused(path)).toContain('no Rock Ridge names');
  });

  test('one with a boot image that emulates a floppy', async () => {
    const folder = await temporaryFolder();
    const tree = await plainTree(folder);
    const floppy = join(tree.root, 'boot', 'floppy.img');
    await writeFile(floppy, Buffer.alloc(1_474_560));
    const path = join(folder, 'floppy.iso');
    await run(requireTool('genisoimage'), ['-quiet', '-R', '-b', 'boot/floppy.img', '-o', path, tree.root]);
    expect(await refused(path)).toContain('emulates a floppy');
  });

  test('one for another platform', async () => {
    const mips = ['-R', '-e', 'boot/uefi.img', '-no-emul-boot', '-mips-boot', 'boot/kernel'];
    expect(await refused(await made(mips))).toContain('what is in front of its file system');
  });

  test('one with something unknown in front of its file system', async () => {
    const path = await made(['-R', '-e', 'boot/uefi.img', '-no-emul-boot']);
    const bytes = await readFile(path);
    bytes.fill(7, 100, 200);
    await writeFile(path, bytes);
    expect(await refused(path)).toContain('of no known kind');
  });

  test('one that grew in place', async () => {
    const folder = await temporaryFolder();
    const { path } = await auroraBootIso(await plainTree(folder));
    const source = join(folder, 'added');
    await writeFile(source, Buffer.alloc(1_000_000, 1));
    const image = ['-indev', path, '-outdev', path, '-boot_image', 'any', 'replay'];
    await run(requireTool('xorriso'), [...image, '-map', source, '/added']);
    expect(await refused(path)).toMatch(/GPT partition 1 ends \d+ bytes before the file system in it/);
  });

  test('one whose EFI system partition is something else than its boot image for UEFI', async () => {
    const folder = await temporaryFolder();
    const tree = await plainTree(folder);
    const other = join(folder, 'other.img');
    await run(requireTool('mkfs.vfat'), ['-C', '-i', '00000001', other, '2048']);
    const { path } = await copiedEfiIso(tree, other);
    const reason = await refused(path);
    expect(reason).toContain('its boot image for UEFI is another one than its EFI system partition');
    expect(reason).not.toContain('damaged');
  });

  test('one with more boot images than any real one has', async () => {
    const image = ['-eltorito-alt-boot', '-b', 'boot/uefi.img', '-no-emul-boot'];
    const options = ['-R', ...Array.from({ length: 9 }, () => image).flat()];
    expect(await refused(await made(options))).toContain('more than 8 boot images');
  });

  test('one of several sessions', async () => {
    const folder = await temporaryFolder();
    const { root } = await plainTree(folder);
    const [path, added] = [join(folder, 'sessions.iso'), join(folder, 'added')];
    await writeFile(added, 'added');
    const boot = ['-boot_image', 'any', 'efi_path=/boot/uefi.img'];
    await run(requireTool('xorriso'), ['-outdev', path, '-map', root, '/', ...boot]);
    await run(requireTool('xorriso'), ['-dev', path, '-boot_image', 'any', 'keep', '-map', added, '/added']);
    expect(await refused(path)).toContain('it has 2 sessions');
  });

  test('one that was cut off, and a file that is something else', async () => {
    const folder = await temporaryFolder();
    const { path } = await uefiOnlyIso(await plainTree(folder));
    const userData = await userDataFile(folder);
    await truncate(path, 2_000_000);
    const output = join(folder, 'new.iso');
    expect(await rejection(embedInto({ installer: path, output, userData }))).toMatchObject({
      code: 'ISO_TRUNCATED',
      kind: 'content',
    });
    expect(await rejection(embedInto({ installer: userData, output, userData }))).toMatchObject({
      code: 'NOT_AN_ISO',
    });
    expect(await rejection(embedInto({ installer: join(folder, 'none'), output, userData }))).toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});
