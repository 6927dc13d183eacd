import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'vitest';

import type { Inventory } from '../../src/bundle/inventory.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { requireTool } from './required-tools.ts';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/** Unpacks with tar: every blob hashes to its name, and each one of the inventory is there. */
export async function expectBlobsToMatch(path: string, { images }: BuildResult): Promise<void> {
  const layout = join(await temporaryFolder(), 'layout');
  await mkdir(layout);
  await run(requireTool('tar'), ['--zstd', '-xf', path, '-C', layout]);
  const names = await readdir(join(layout, 'blobs/sha256'));
  for (const name of names) {
    expect(digestOf(await readFile(join(layout, 'blobs/sha256', name)))).toBe(`sha256:${name}`);
  }
  const inventory: Inventory = JSON.parse(
    await readFile(join(layout, 'palette-edge/inventory.json'), 'utf8'),
  );
  expect(inventory.images).toEqual(images);
  expect(inventory.blobs.map(({ digest }) => digest.slice(7)).toSorted()).toEqual(names.toSorted());
}
