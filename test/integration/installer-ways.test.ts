import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { embedInstaller } from '../../src/workflows/embed-installer.ts';
import {
  auroraBootIso,
  copiedEfiIso,
  grubRescueIso,
  isolinuxIso,
  uefiOnlyIso,
} from '../support/bootable-iso.ts';
import { plainTree } from '../support/plain-installer.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Whether they do start in all these ways, `npm run boots` tries. */
test('an installer of each kind says that it starts in all the ways in which it did', async () => {
  const folder = await temporaryFolder();
  const tree = await plainTree(folder);
  const [userData, output] = [join(folder, 'user-data'), join(folder, 'new.iso')];
  await writeFile(userData, '#cloud-config\nstylus: {}\n');
  const resources = {
    xorriso: requireTool('xorriso'),
    listener: { onStep: () => undefined, onBytes: () => undefined },
  };
  const nothing = { content: [], clusterDefinition: undefined, edgeConfig: undefined, replaces: false };
  for (const make of [grubRescueIso, isolinuxIso, uefiOnlyIso, copiedEfiIso, auroraBootIso]) {
    const { path: installer, machines } = await make(tree);
    const input = { ...nothing, userData, pieceSize: 1_000_000, installer, output };
    const { boots } = await embedInstaller(input, resources, new AbortController().signal);
    expect(boots).toEqual(machines);
  }
});
