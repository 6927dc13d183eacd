import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { removeFleetLeftovers } from '../../src/workflows/remove-fleet-leftovers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);

test('what runs left of bundles of earlier releases goes when it is old, and nothing else', async () => {
  const folder = await temporaryFolder();
  const put = async (name: string, time = twoDaysAgo): Promise<void> => {
    await writeFile(join(folder, name), '');
    await utimes(join(folder, name), time, time);
  };
  await put('shop-1-5c1f07aa-9f8e7d6c.tar.zst.0123456789ab.partial');
  await put('shop-5c1f07aa-from-9f8e7d6c-00112233.delta.tar.zst.age.0123456789ab.partial');
  await put('shop-5c1f07aa-9f8e7d6c.tar.zst.fleet.json.0123456789ab.partial');
  const parts = join(folder, 'shop-5c1f07aa-9f8e7d6c.tar.zst.112233445566.partial');
  await mkdir(parts);
  await utimes(parts, twoDaysAgo, twoDaysAgo);
  const kept = [
    'other.tar.zst.0123456789ab.partial',
    'shop-5c1f07aa-9f8e7d6c.tar.zst',
    'shop-5c1f07aa-9f8e7d6c.tar.zst.x.partial',
  ];
  for (const name of kept) await put(name);
  const young = 'shop-5c1f07aa-9f8e7d6c.tar.zst.ba9876543210.partial';
  await put(young, new Date());
  await removeFleetLeftovers(folder);
  expect((await readdir(folder)).toSorted()).toEqual([...kept, young].toSorted());
  await removeFleetLeftovers(join(folder, 'not there'));
});
