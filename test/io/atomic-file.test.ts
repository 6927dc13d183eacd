import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { removeStalePartials, writeFileAtomically } from '../../src/io/atomic-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('the file is there when writing is done, and nothing else', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'a/b/file');
  const result = await writeFileAtomically(path, async (file) => {
    await file.writeFile('new');
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    return 42;
  });
  expect(result).toBe(42);
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readdir(join(folder, 'a/b'))).toEqual(['file']);
});

test('a file that is to be private is so before anything is in it', async () => {
  const path = join(await temporaryFolder(), 'file');
  const write = async (file: FileHandle): Promise<number> => (await file.stat()).mode & 0o777;
  expect(await writeFileAtomically(path, write, { mode: 0o600 })).toBe(0o600);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('an old file is replaced', async () => {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, 'a much longer old text');
  await writeFileAtomically(path, async (file) => {
    await file.writeFile('new');
  });
  expect(await readFile(path, 'utf8')).toBe('new');
});

test('a failure leaves the old file, and nothing beside it', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'file');
  await writeFile(path, 'old');
  const write = writeFileAtomically(path, async (file) => {
    await file.writeFile('half');
    throw new Error('stop');
  });
  await expect(write).rejects.toThrow('stop');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['file']);
});

test('what is done before it gets its name is done when all of it is on the disk', async () => {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, 'old');
  const steps: string[] = [];
  const write = async (file: FileHandle): Promise<void> => {
    await file.writeFile('new');
    const sync = file.datasync.bind(file);
    file.datasync = async () => {
      await sync();
      steps.push('synced');
    };
  };
  const beforeNamed = async (): Promise<void> => void steps.push(await readFile(path, 'utf8'));
  await writeFileAtomically(path, write, { beforeNamed });
  expect(steps).toEqual(['synced', 'old']);
  expect(await readFile(path, 'utf8')).toBe('new');
});

test('when that fails the old file stays, and nothing is beside it', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'file');
  await writeFile(path, 'old');
  const beforeNamed = async (): Promise<void> => await Promise.reject(new Error('stop'));
  const write = writeFileAtomically(path, async (file) => await file.writeFile('new'), { beforeNamed });
  await expect(write).rejects.toThrow('stop');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['file']);
});

test('a name that cannot be taken leaves nothing beside it', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'taken/full'), { recursive: true });
  const write = writeFileAtomically(join(folder, 'taken'), async (file) => {
    await file.writeFile('x');
  });
  await expect(write).rejects.toMatchObject({ syscall: 'rename' });
  expect(await readdir(folder)).toEqual(['taken']);
});

test('two writers at once: one of them wins whole', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'file');
  const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(100_000));
  await Promise.all(
    texts.map(async (text) => {
      await writeFileAtomically(path, async (file) => {
        await file.writeFile(text);
      });
    }),
  );
  expect(texts).toContain(await readFile(path, 'utf8'));
  expect(await readdir(folder)).toEqual(['file']);
});

test('what killed processes left is removed, what may still be written and other files are not', async () => {
  const folder = await temporaryFolder();
  const names = {
    stale: 'bundle.tar.zst.0123456789ab.partial',
    fresh: 'bundle.tar.zst.ba9876543210.partial',
    other: 'other.tar.zst.0123456789ab.partial',
    lookalike: 'bundle.tar.zst.notes.partial',
  };
  for (const name of Object.values(names)) await writeFile(join(folder, name), 'x');
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);
  for (const name of [names.stale, names.other, names.lookalike]) {
    await utimes(join(folder, name), twoDaysAgo, twoDaysAgo);
  }
  await removeStalePartials(join(folder, 'bundle.tar.zst'));
  expect((await readdir(folder)).toSorted()).toEqual([names.fresh, names.lookalike, names.other].toSorted());
  await removeStalePartials(join(folder, 'missing', 'bundle.tar.zst'));
});
