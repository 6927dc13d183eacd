import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { bootProblems } from '../../src/iso/boot-problems.ts';
import { auroraBootIso, uefiOnlyIso } from '../support/bootable-iso.ts';
import { installerTrial, isoVolumes, sameBoots } from '../support/installer-trial.ts';
import type { InstallerTrial } from '../support/installer-trial.ts';
import { structureOf } from '../support/plain-installer.ts';
import { mountInGuest } from '../support/qemu.ts';
import { requireTool } from '../support/required-tools.ts';
import { noise } from '../support/sample-bundle.ts';

const run = promisify(execFile);
/** A machine that is emulated takes six seconds to start, and a minute on a machine that is busy. */
const timeout = 20 * 60_000;

let trial: InstallerTrial;

beforeAll(async () => {
  trial = await installerTrial();
}, timeout);

afterAll(async () => await trial[Symbol.asyncDispose]());

test('an installer of AuroraBoot starts everywhere with what was put in', { timeout }, async () => {
  const before = await auroraBootIso(trial.tree);
  const output = join(trial.folder, 'new.iso');

  const { boots } = await trial.embed(before.path, output);

  expect(boots).toEqual(before.machines);
  for (const machine of before.machines) {
    const report = await trial.boot(output, machine);
    expect(isoVolumes(report).map(({ device }) => device)).toEqual(
      machine.from === 'CD' ? ['sr0'] : ['sda', 'sda1'],
    );
    for (const { label, files } of isoVolumes(report)) {
      expect(label).toBe('COS_LIVE');
      expect(files).toMatchObject(trial.embedded);
    }
    expect(report.kernel).toEqual([]);
  }
});

test(
  'an installer for UEFI only, with a GPT, starts everywhere where it did, with what was put in',
  { timeout },
  async () => {
    const before = await uefiOnlyIso(trial.tree);
    expect(await sameBoots(trial, before)).toEqual(before.machines);
  },
);

test(
  'one that grew in place ends after its partition: the kernel cannot read it, and the check says so',
  { timeout },
  async () => {
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
