import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { writeIsoFile } from '../../src/workflows/write-iso-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function olderImage(): Promise<string> {
  const path = join(await temporaryFolder(), 'edge.iso');
  await writeFile(path, 'old');
  await writeFile(`${path}.sha256`, 'of the old');
  return path;
}

test('an older image keeps its checksum as long as the new one is made, and no longer', async () => {
  const path = await olderImage();
  const during = await writeIsoFile(path, async ({ file }) => {
    await writeFile(file, 'new');
    return await readFile(`${path}.sha256`, 'utf8');
  });
  expect(during).toBe('of the old');
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readFile(`${path}.sha256`, 'utf8')).toBe('');
});

test('and keeps it when the new one fails', async () => {
  const path = await olderImage();
  const failing = writeIsoFile(path, async () => await Promise.reject(new Error('stop')));
  await expect(failing).rejects.toThrow('stop');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readFile(`${path}.sha256`, 'utf8')).toBe('of the old');
});
