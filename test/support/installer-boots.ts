import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

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
  /** Where the guest finds its file system when it is started from a disk. */
  readonly onDisk: readonly string[];
}

const installerVariants = {
  grubRescue: {
    what: 'of grub-mkrescue',
    make: grubRescueIso,
    onDisk: ['sda'],
  },
  isolinux: {
    what: 'of ISOLINUX',
    make: isolinuxIso,
    onDisk: ['sda', 'sda1'],
  },
  uefiOnly: {
    what: 'for UEFI only, with a GPT,',
    make: uefiOnlyIso,
    onDisk: ['sda', 'sda1'],
  },
  copiedEfi: {
    what: 'whose EFI system partition is a copy of its boot image',
    make: copiedEfiIso,
    onDisk: ['sda'],
  },
  auroraBoot: {
    what: 'of AuroraBoot',
    make: auroraBootIso,
    onDisk: ['sda', 'sda1'],
  },
} satisfies Readonly<Record<string, InstallerVariant>>;

/**
 * Tests that such installers say that they start in all the ways in which they did, that they do, and that the guest finds what was put
 * in: `npm run boots`. The files that call this differ only in which ones they take: several workers share them out.
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
    'an installer $what starts where it did, with what was put in',
    { timeout: bootTimeout },
    async (variant) => {
      const { path, machines } = await variant.make(begun().tree);
      const output = join(begun().folder, 'new.iso');
      const { boots } = await begun().embed(path, output);
      expect(boots).toEqual(machines);
      for (const machine of machines) {
        await expectBoot(begun(), output, { machine, onDisk: variant.onDisk });
      }
    },
  );
  return begun;
}

/** Starts an installer, and expects that the guest finds it where it should be, with what was put in. */
async function expectBoot(
  trial: InstallerTrial,
  image: string,
  { machine, onDisk }: { readonly machine: Machine; readonly onDisk: readonly string[] },
): Promise<void> {
  const report = await trial.boot(image, machine);
  const volumes = isoVolumes(report);
  expect(volumes.map(({ device }) => device)).toEqual(machine.from === 'CD' ? ['sr0'] : onDisk);
  for (const { label, files } of volumes) {
    expect(label).toBe('COS_LIVE');
    expect(files).toMatchObject(trial.embedded);
  }
  expect(report.kernel).toEqual([]);
}
