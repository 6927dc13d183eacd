import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { isExtraPath } from '../../src/bundle/inventory.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import {
  checkClusterDefinition,
  clusterDefinitionEntries,
  clusterDefinitionPath,
  writeClusterDefinition,
} from '../../src/workflows/cluster-definition.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const definition = { name: 'store-17', bytes: gzipSync('a') };

test('the longest name is a path that a bundle takes', () => {
  const entries = clusterDefinitionEntries({ ...definition, name: 'a'.repeat(60) });
  expect(entries.map(({ path }) => isExtraPath(path))).toEqual([true]);
  expect(clusterDefinitionEntries(undefined)).toEqual([]);
});

test('it is written beside the bundle, over an older one', async () => {
  const folder = await temporaryFolder();
  const bundle = join(folder, 'out', 'b.tar.zst');
  const path = join(folder, 'out', 'cluster-definition-store-17.tgz');
  expect(clusterDefinitionPath(bundle, 'store-17')).toBe(path);
  await mkdir(join(folder, 'out'));
  await writeFile(path, gzipSync('older'));
  await checkClusterDefinition(definition, bundle);
  expect(await writeClusterDefinition(definition, bundle)).toEqual({
    name: 'store-17',
    path,
    size: definition.bytes.length,
    sha256: digestHex(digestOf(definition.bytes)),
  });
  expect(await readFile(path)).toEqual(definition.bytes);
});

test('nothing is checked when there is none', async () => {
  await expect(checkClusterDefinition(undefined, '/nowhere/b.tar.zst')).resolves.toBeUndefined();
});

test.each([
  ['a file of something else', async (path: string) => await writeFile(path, 'my notes'), 'OUTPUT_TAKEN'],
  ['a folder', async (path: string) => await mkdir(path), 'NOT_A_FILE'],
  ['a link to nothing', async (path: string) => await symlink('missing', path), 'NOT_A_FILE'],
])('%s is not written over', async (_what, make, code) => {
  const bundle = join(await temporaryFolder(), 'b.tar.zst');
  const path = clusterDefinitionPath(bundle, definition.name);
  await make(path);
  const error = await rejection(checkClusterDefinition(definition, bundle));
  expect(error).toMatchObject({ code, kind: 'usage' });
  expect(error.message).toContain(`writing the cluster definition to ${path} failed`);
});
