import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { ctrCommand } from '../../src/runtime/ctr-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('ctr on the PATH counts, else that of k3s, else that of rke2', async () => {
  const folder = await temporaryFolder();
  const k3s = join(folder, 'k3s');
  const rke2 = join(folder, 'ctr');
  const places = { isOnPath: false, k3s: [join(folder, 'none'), k3s], rke2 };
  expect(await ctrCommand(places)).toEqual(['ctr']);
  await writeFile(rke2, '');
  expect(await ctrCommand(places)).toEqual([rke2]);
  await writeFile(k3s, '');
  expect(await ctrCommand(places)).toEqual([k3s, 'ctr']);
  expect(await ctrCommand({ ...places, isOnPath: true })).toEqual(['ctr']);
});
