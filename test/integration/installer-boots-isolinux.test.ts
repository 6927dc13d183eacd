import { afterAll, beforeAll, expect, test } from 'vitest';

import { copiedEfiIso, isolinuxIso } from '../support/bootable-iso.ts';
import { installerTrial, sameBoots } from '../support/installer-trial.ts';
import type { InstallerTrial } from '../support/installer-trial.ts';

/** A machine that is emulated takes six seconds to start, and a minute on a machine that is busy. */
const timeout = 20 * 60_000;

let trial: InstallerTrial;

beforeAll(async () => {
  trial = await installerTrial();
}, timeout);

afterAll(async () => await trial[Symbol.asyncDispose]());

test(
  'an installer of ISOLINUX starts everywhere where it did, with what was put in',
  { timeout },
  async () => {
    const before = await isolinuxIso(trial.tree);
    expect(await sameBoots(trial, before)).toEqual(before.machines);
  },
);

test(
  'one whose EFI system partition is a copy of its boot image starts everywhere where it did, with what was put in',
  { timeout },
  async () => {
    const before = await copiedEfiIso(trial.tree);
    expect(await sameBoots(trial, before)).toEqual(before.machines);
  },
);
