import { symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readInventory } from '../../src/workflows/base-inventory.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('of an inventory no more is read than one has at most', async () => {
  const path = join(await temporaryFolder(), 'inventory.json');
  // It has no end.
  await symlink('/dev/zero', path);
  const error = await rejection(readInventory(path));
  expect(error).toMatchObject({ code: 'INVENTORY_INVALID', kind: 'content' });
  expect(error.message).toMatch(/larger than \d+ bytes/);
});
