import { chmod, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { uefiOnlyIso } from '../support/bootable-iso.ts';
import { bundleFile } from '../support/iso-bundles.ts';
import { plainTree } from '../support/plain-installer.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { sharedInstallers } from '../support/shared-installers.ts';
import { smallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { embedFrom, sha256, userDataFile } from './embed-into.ts';

const installers = sharedInstallers('aurora');

const embed = embedFrom(installers);

describe('the output', () => {
  test('is none of the files that it is made from, whatever name they have', async () => {
    const folder = await temporaryFolder();
    const { path } = await uefiOnlyIso(await plainTree(folder));
    const userData = await userDataFile(folder);
    const link = join(folder, 'link.iso');
    await symlink(path, link);
    const before = await sha256(path);
    for (const output of [path, link]) {
      expect(await rejection(embed({ installer: path, output, userData }))).toMatchObject({
        code: 'OUTPUT_TAKEN',
      });
    }
    expect(await sha256(path)).toBe(before);
  });

  test('replaces an image, and no other file', async () => {
    const { folder, path } = await bundleFile();
    const output = join(folder, 'new.iso');
    await embed({ output, content: [path] });
    const first = await sha256(output);
    await embed({ output, content: [path], userData: await userDataFile(folder) });
    expect(await sha256(output)).not.toBe(first);
    const other = join(folder, 'user-data');
    expect(await rejection(embed({ output: other, content: [path] }))).toMatchObject({
      code: 'OUTPUT_TAKEN',
    });
  });

  test('has no name together with the checksum of another one', async () => {
    const { folder, path } = await bundleFile();
    const output = join(folder, 'new.iso');
    await embed({ output, content: [path] });
    // Stands for a run that was killed in between: the checksum cannot be written, as its name is too long for a partial file.
    const long = join(folder, `${'n'.repeat(225)}.iso`);
    await rename(output, long);
    await rename(`${output}.sha256`, `${long}.sha256`);
    const userData = await userDataFile(folder);
    const error = await rejection(embed({ output: long, userData }));
    expect(error).toMatchObject({ kind: 'disk' });
    expect(error.message).toContain('writing the checksum of the installer to');
    expect(await readFile(`${long}.sha256`, 'utf8')).toBe('');
  });

  test('is not begun when there is too little space', async () => {
    const { path } = await bundleFile();
    await using disk = await smallDisk(1024 * 1024);
    const error = await rejection(embed({ output: join(disk.path, 'new.iso'), content: [path] }));
    expect(error).toMatchObject({ code: 'NOT_ENOUGH_SPACE', kind: 'disk' });
    expect(await readdir(disk.path)).toEqual([]);
  });

  test('is not there when it was cancelled, while it is written and while it is checked', async () => {
    const { folder, path } = await bundleFile();
    const output = join(folder, 'several', 'new', 'folders', 'new.iso');
    for (const step of ['writing', 'comparing', 'hashing'] as const) {
      const controller = new AbortController();
      const listener = {
        onStep: (begun: string) => {
          if (begun === step) controller.abort();
        },
        onBytes: () => undefined,
      };
      await expect(embed({ output, content: [path] }, { listener }, controller.signal)).rejects.toThrow(
        'abort',
      );
      expect(await readdir(folder)).toEqual(['edge.tar.zst']);
    }
  });

  test.each([
    // The primary GPT is at byte 512, the disk's number at 56 of it.
    ['INSTALLER_NOT_BOOTABLE', 568, 'the GPT is damaged'],
    ['INSTALLER_NOT_BOOTABLE', 20, 'the boot code of disks changed'],
  ])('is checked before it has its name: %s', async (code, position, reason) => {
    const { folder, path } = await bundleFile();
    const output = join(folder, 'out', 'new.iso');
    await mkdir(dirname(output));
    const xorriso = await brokenXorriso(folder, position);
    const error = await rejection(embed({ output, content: [path] }, { xorriso }));
    expect(error).toMatchObject({ code, kind: 'failure' });
    expect(error.message).toContain(reason);
    expect(await readdir(dirname(output))).toEqual([]);
  });

  test('is compared with its sources, byte by byte', async () => {
    const { folder, path } = await bundleFile();
    const good = join(folder, 'good.iso');
    await embed({ output: good, content: [path] });
    const at = (await readFile(good)).indexOf((await readFile(path)).subarray(100, 200));
    const output = join(folder, 'out', 'new.iso');
    await mkdir(dirname(output));
    const xorriso = await brokenXorriso(folder, at);
    const error = await rejection(embed({ output, content: [path] }, { xorriso }));
    expect(error).toMatchObject({ code: 'INSTALLER_DAMAGED', kind: 'content' });
    expect(error.message).toContain('edge.tar.zst_part00');
    expect(await readdir(dirname(output))).toEqual([]);
  });

  test('needs xorriso', async () => {
    const { folder, path } = await bundleFile();
    const error = await rejection(
      embed({ output: join(folder, 'new.iso'), content: [path] }, { xorriso: undefined }),
    );
    expect(error).toMatchObject({ code: 'XORRISO_MISSING' });
  });
});

/** A xorriso that spoils one byte of what it has written. */
async function brokenXorriso(folder: string, position: number): Promise<string> {
  const path = join(folder, 'xorriso');
  await writeFile(
    path,
    `#!/bin/sh
${requireTool('xorriso')} "$@" || exit
while [ $# -gt 0 ]; do
  if [ "$1" = -outdev ]; then printf '\\377' | dd of="\${2#stdio:}" bs=1 seek=${position} conv=notrunc 2>/dev/null; fi
  shift
done
`,
  );
  await chmod(path, 0o755);
  return path;
}
