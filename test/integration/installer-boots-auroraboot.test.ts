import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { bootProblems } from '../../src/iso/boot-problems.ts';
import { auroraBootIso } from '../support/bootable-iso.ts';
import { bootTimeout, testInstallerBoots } from '../support/installer-boots.ts';
import { isoVolumes } from '../support/installer-trial.ts';
import { structureOf } from '../support/plain-installer.ts';
import { mountInGuest } from '../support/qemu.ts';
import { requireTool } from '../support/required-tools.ts';
import { noise } from '../support/sample-bundle.ts';

const run = promisify(execFile);

const begun = testInstallerBoots(['auroraBoot', 'uefiOnly']);

test(
  'one that grew in place ends after its partition: the kernel cannot read it, and the check says so',
  { timeout: bootTimeout },
  async () => {
    const trial = begun();
    const { path } = await auroraBootIso(trial.tree);
    const [grown, added] = [join(trial.folder, 'grown.iso'), join(trial.folder, 'added')];
    await copyFile(path, grown);
    await writeFile(added, noise(3_000_000, 7));
    const image = ['-indev', grown, '-outdev', grown, '-boot_image', 'any', 'replay'];
    await run(requireTool('xorriso'), [...image, '-map', added, '/added']);

    const report = await mountInGuest([grown], trial.guest);

    // Its root folder lies behind the end of the partition. Hosts look for the label on partitions, too.
    expect(isoVolumes(report).map(({ device }) => device)).toEqual(['sda']);
    expect(bootProblems(await structureOf(grown))).toContainEqual(
      expect.stringMatching(/^GPT partition 1 ends \d+ bytes before the file system in it$/),
    );
  },
);
