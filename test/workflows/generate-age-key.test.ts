import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { generateAgeKey } from '../../src/workflows/generate-age-key.ts';
import { rejection } from '../support/rejection.ts';
import { smallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a key is for nobody else, and is never overwritten', async () => {
  const path = join(await temporaryFolder(), 'keys', 'edge.key');
  const { recipient } = await generateAgeKey(path);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = await readFile(path, 'utf8');
  expect(text).toContain(recipient);
  expect(await rejection(generateAgeKey(path))).toMatchObject({ code: 'OUTPUT_TAKEN', kind: 'usage' });
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('a disk that is full is left without half of a key, and without the folder for it', async () => {
  await using disk = await smallDisk(4096);
  await writeFile(join(disk.path, 'full'), Buffer.alloc(4096));
  const error = await rejection(generateAgeKey(join(disk.path, 'keys', 'edge.key')));
  expect(error).toMatchObject({ code: 'DISK_FULL', kind: 'disk' });
  expect(await readdir(disk.path)).toEqual(['full']);
});
