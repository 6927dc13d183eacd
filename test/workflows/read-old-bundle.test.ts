import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readOldBundle } from '../../src/workflows/read-old-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { piped, richBundle, writtenBundle } from '../support/rich-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { bundle } = await richBundle();
const side = { kind: 'bundle', name: 'edge-demo', id: bundle.plan.id, inventory: bundle.plan.inventory };

test('a file and a stream have the same', async () => {
  const path = await writtenBundle(bundle);
  const plain = { squeezedShare: undefined };
  expect(await readOldBundle({ path })).toEqual({ ...plain, side: { ...side, path } });
  const stream = piped(bundle.bytes);
  expect(await readOldBundle({ path: '-', stream })).toEqual({ ...plain, side: { ...side, path: '-' } });
});

test('what is called .json and is no inventory is told of', async () => {
  const path = join(await temporaryFolder(), 'inventory.json');
  await writeFile(path, '{}');
  expect(await rejection(readOldBundle({ path }))).toMatchObject({ kind: 'content' });
});
