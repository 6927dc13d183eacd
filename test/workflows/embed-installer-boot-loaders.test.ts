import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { auroraBootIso, copiedEfiIso } from '../support/bootable-iso.ts';
import { bundleFile } from '../support/iso-bundles.ts';
import { plainTree, structureOf } from '../support/plain-installer.ts';
import { sharedInstallers } from '../support/shared-installers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { embedFrom, userDataFile } from './embed-into.ts';

const installers = sharedInstallers('aurora', 'grub', 'isolinux');

const embed = embedFrom(installers);

test('the date and the label by which boot loaders find the image stay, and Rock Ridge, Joliet and the GPT', async () => {
  const { folder, path } = await bundleFile();
  const output = join(folder, 'new.iso');
  await embed({ output, content: [path] });
  const [before, after] = [await structureOf(installers.aurora), await structureOf(output)];
  const { modified, created, label, hasJoliet, hasRockRidge, preparer } = before.volume;
  expect(after.volume).toMatchObject({ modified, created, label, hasJoliet, hasRockRidge, preparer });
  expect(hasJoliet).toBe(true);
  expect(diskId(after)).toBe(diskId(before));
});

test('an EFI system partition that is a copy of the boot image stays one', async () => {
  const folder = await temporaryFolder();
  const installer = (await copiedEfiIso(await plainTree(folder))).path;
  const output = join(folder, 'new.iso');
  const { boots } = await embed({ installer, output, userData: await userDataFile(folder) });
  expect(boots).toHaveLength(4);
  const { images, efiPartitions } = await structureOf(output);
  expect(efiPartitions).toHaveLength(1);
  expect(images).toContainEqual(
    expect.objectContaining({ platform: 0xef, sha256: efiPartitions[0]?.sha256 }),
  );
});

test('the number of the disk stays, also where xorriso makes a new one', async () => {
  const { folder, path } = await bundleFile();
  const output = join(folder, 'new.iso');
  await embed({ installer: installers.isolinux, output, content: [path] });
  const { mbrDiskId } = await structureOf(installers.isolinux);
  expect(mbrDiskId).not.toBe('00000000');
  expect(mbrDiskId).toBe((await readFile(installers.isolinux)).toString('hex', 440, 444));
  expect((await readFile(output)).toString('hex', 440, 444)).toBe(mbrDiskId);
});

test('a boot image of GRUB that is loaded as a whole may say where it is', async () => {
  const folder = await temporaryFolder();
  const installer = (await auroraBootIso(await plainTree(folder), 'full')).path;
  const added = join(folder, 'new.iso');
  // Its sectors move: it is written behind what was in front of it.
  const { boots } = await embed({ installer, output: added, userData: await userDataFile(folder) });
  expect(boots).toHaveLength(4);
});

function diskId({ gpt }: Awaited<ReturnType<typeof structureOf>>): string | undefined {
  return gpt === undefined || gpt === 'damaged' ? undefined : gpt.primary.diskId;
}

test('what is left out for Macs from before UEFI is told', async () => {
  const { folder, path } = await bundleFile();
  const output = join(folder, 'new.iso');
  const { warnings } = await embed({ installer: installers.grub, output, content: [path] });
  expect(warnings.map(({ code }) => code)).toEqual(['APPLE_BOOT_DROPPED']);
});
