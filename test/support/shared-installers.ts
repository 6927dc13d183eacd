import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll } from 'vitest';

import { auroraBootIso, grubRescueIso, isolinuxIso, uefiOnlyIso } from './bootable-iso.ts';
import { plainTree } from './plain-installer.ts';

const makers = {
  aurora: auroraBootIso,
  grub: grubRescueIso,
  isolinux: isolinuxIso,
  uefi: uefiOnlyIso,
};

/** Who makes such installers. */
type Kind = keyof typeof makers;

/**
 * Installers that no test of a file writes to: made before its tests, and removed behind them.
 *
 * @returns their paths, which are empty until the tests begin
 */
export function sharedInstallers<Wanted extends Kind>(
  ...kinds: readonly Wanted[]
): Readonly<Pick<Record<Kind, string>, Wanted>> {
  const installers: Record<Kind, string> = { aurora: '', grub: '', isolinux: '', uefi: '' };
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palette-edge-installers-'));
    const tree = await plainTree(folder);
    for (const kind of kinds) installers[kind] = (await makers[kind](tree)).path;
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));
  return installers;
}
