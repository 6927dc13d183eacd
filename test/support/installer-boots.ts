import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { EmbedResult } from '../../src/workflows/embed-installer.ts';
import { auroraBootIso, copiedEfiIso, grubRescueIso, isolinuxIso, uefiOnlyIso } from './bootable-iso.ts';
import type { BootableIso, BootTree } from './bootable-iso.ts';
import { installerTrial, isoVolumes } from './installer-trial.ts';
import type { InstallerTrial } from './installer-trial.ts';
import type { Machine } from './qemu.ts';

/** A machine that is emulated takes six seconds to start, and a minute on a machine that is busy. */
export const bootTimeout = 20 * 60_000;

/** An installer that is started with what was put in. */
interface InstallerVariant {
  readonly what: string;
  readonly make: (tree: BootTree) => Promise<BootableIso>;
  /**
   * Where the guest finds its file system when it is started from a disk. Without it, the installer is started before anything is put
   * in, too, and the new one has to be found in the same places.
   */
  readonly onDisk?: readonly string[];
}

/** Those that are variants of the first three are started only when everything is in. */
const installerVariants = {
  grubRescue: { what: 'of grub-mkrescue', make: grubRescueIso },
  isolinux: { what: 'of ISOLINUX', make: isolinuxIso },
  uefiOnly: { what: 'for UEFI only, with a GPT,', make: uefiOnlyIso },
  copiedEfi: {
    what: 'whose EFI system partition is a copy of its boot image',
    make: copiedEfiIso,
    onDisk: ['sda'],
  },
  auroraBoot: { what: 'of AuroraBoot', make: auroraBootIso, onDisk: ['sda', 'sda1'] },
} satisfies Readonly<Record<string, InstallerVariant>>;

/**
 * Tests that such installers start in all the ways in which they did, and that the guest finds what was put in. The files that call this
 * differ only in which ones they take: several workers share them out.
 *
 * @returns the trial of the file, once its tests run
 */
export function testInstallerBoots(names: readonly (keyof typeof installerVariants)[]): () => InstallerTrial {
  let trial: InstallerTrial | undefined;
  const begun = (): InstallerTrial => {
    if (trial === undefined) throw new Error('the trial begins with the tests');
    return trial;
  };
  beforeAll(async () => {
    trial = await installerTrial();
  }, bootTimeout);
  afterAll(async () => await trial?.[Symbol.asyncDispose]());
  const variants: readonly InstallerVariant[] = names.map((name) => installerVariants[name]);
  test.for(variants)(
    'an installer $what starts everywhere where it did, with what was put in',
    { timeout: bootTimeout },
    async (variant) => {
      const before = await variant.make(begun().tree);
      expect(await startedBoots(begun(), before, variant.onDisk)).toEqual(before.machines);
    },
  );
  return begun;
}

/** Puts everything in, and starts the installer. @returns the ways in which the new one says it starts */
async function startedBoots(
  trial: InstallerTrial,
  before: BootableIso,
  onDisk: InstallerVariant['onDisk'],
): Promise<EmbedResult['boots']> {
  const output = join(trial.folder, 'new.iso');
  const { boots } = await trial.embed(before.path, output);
  for (const machine of before.machines) {
    const devices =
      onDisk === undefined
        ? await devicesBefore(trial, before.path, machine)
        : machine.from === 'CD'
          ? ['sr0']
          : onDisk;
    const report = await trial.boot(output, machine);
    expect(isoVolumes(report).map(({ device }) => device)).toEqual(devices);
    for (const { label, files } of isoVolumes(report)) {
      expect(label).toBe('COS_LIVE');
      expect(files).toMatchObject(trial.embedded);
    }
    expect(report.kernel).toEqual([]);
  }
  return boots;
}

/** The disk, CD and partitions on which the guest found the installer before anything was put in. */
async function devicesBefore(trial: InstallerTrial, path: string, machine: Machine): Promise<string[]> {
  const volumes = isoVolumes(await trial.boot(path, machine));
  expect(volumes.length).toBeGreaterThan(0);
  for (const { files } of volumes) expect(files).not.toHaveProperty('config.yaml');
  return volumes.map(({ device }) => device);
}
