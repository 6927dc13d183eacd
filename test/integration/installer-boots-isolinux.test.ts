import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isolinuxIso } from '../support/bootable-iso.ts';
import { installerTrial, isoVolumes } from '../support/installer-trial.ts';
import type { InstallerTrial } from '../support/installer-trial.ts';

/** A machine that is emulated takes six seconds to start, and a minute on a machine that is busy. */
const timeout = 20 * 60_000;

let trial: InstallerTrial;

beforeAll(async () => {
  trial = await installerTrial();
}, timeout);

afterAll(async () => await trial[Symbol.asyncDispose]());

describe.each([['of ISOLINUX', isolinuxIso]])('an installer %s', (_, make) => {
  test('starts everywhere where it did, and the kernel finds what was put in', { timeout }, async () => {
    const before = await make(trial.tree);
    const output = before.path.replace('.iso', '-new.iso');

    const { boots } = await trial.embed(before.path, output);

    expect(boots).toEqual(before.machines);
    for (const machine of before.machines) {
      const old = isoVolumes(await trial.boot(before.path, machine));
      const report = await trial.boot(output, machine);
      expect(old.length).toBeGreaterThan(0);
      for (const { files } of old) expect(files).not.toHaveProperty('config.yaml');
      expect(isoVolumes(report).map(({ device }) => device)).toEqual(old.map(({ device }) => device));
      for (const { label, files } of isoVolumes(report)) {
        expect(label).toBe('COS_LIVE');
        expect(files).toMatchObject(trial.embedded);
      }
      expect(report.kernel).toEqual([]);
    }
  });
});
