import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { ownIdentity } from '../../src/store/process-identity.ts';
import { leftBytes, writeResumably } from '../../src/workflows/resumable-file.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const keeps = { isKept: () => true, beforeNamed: async () => await Promise.resolve() };
const drops = { ...keeps, isKept: () => false };
const stopped = new PaletteEdgeError('STOPPED', 'stopped', { kind: 'interrupted' });
const minute = 60_000;

/** Appends to what is there, and ends with an error when it is told to; gives how much was there. */
async function append(
  path: string,
  text: string,
  options: Partial<typeof keeps> & { readonly fails?: boolean } = {},
): Promise<number> {
  const { fails = false, ...rest } = options;
  return await writeResumably(
    path,
    async (file, size) => {
      await file.write(text, size);
      if (fails) throw stopped;
      return size;
    },
    { ...keeps, ...rest },
  );
}

/** A folder as a writer leaves it that was killed, or that still writes. */
async function leave(
  path: string,
  random: string,
  {
    text,
    owner,
    minutes = 0,
  }: { readonly text: string; readonly owner?: unknown; readonly minutes?: number },
): Promise<string> {
  const folder = `${path}.${random}.partial`;
  await mkdir(folder);
  await writeFile(join(folder, 'content'), text);
  if (owner !== undefined) await writeFile(join(folder, 'owner.json'), JSON.stringify(owner));
  const time = new Date(Date.now() - minutes * minute);
  await utimes(join(folder, 'content'), time, time);
  return folder;
}

test('what a stopped writer left is gone on with; the name never stands for half a file', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'out');
  expect(await rejection(append(path, 'one ', { fails: true }))).toBe(stopped);
  expect(await leftBytes(path)).toBe(4);
  expect(await readdir(folder)).toEqual([expect.stringMatching(/^out\.[0-9a-f]{12}\.partial$/)]);
  await rejection(append(path, 'two ', { fails: true }));
  expect(await readdir(folder)).toHaveLength(1);
  expect(await append(path, 'three')).toBe(8);
  expect(await readFile(path, 'utf8')).toBe('one two three');
  expect(await readdir(folder)).toEqual(['out']);
  expect(await leftBytes(path)).toBe(0);
});

test('what is not to be kept goes, and the file that was there stays', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'out');
  await append(path, 'old');
  await rejection(append(path, 'new', { ...drops, fails: true }));
  expect(await readdir(folder)).toEqual(['out']);
  expect(await readFile(path, 'utf8')).toBe('old');
});

test('where nothing was written nothing is kept', async () => {
  const folder = await temporaryFolder();
  expect(await rejection(append(join(folder, 'out'), '', { fails: true }))).toBe(stopped);
  expect(await readdir(folder)).toEqual([]);
});

test('what a process is writing at the moment is left alone', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'out');
  const running = { version: 1, process: await ownIdentity() };
  const other = await leave(path, 'aaaaaaaaaaaa', { text: 'theirs', owner: running, minutes: 60 });
  expect(await leftBytes(path)).toBe(0);
  expect(await append(path, 'ours')).toBe(0);
  expect(await readFile(join(other, 'content'), 'utf8')).toBe('theirs');
});

test('of a process that has ended, or is silent elsewhere, the largest is taken, and the others go', async () => {
  const own = await ownIdentity();
  const ended = { version: 1, process: { ...own, started: '1' } };
  const elsewhere = { version: 1, process: { ...own, boot: 'another' } };
  const folder = await temporaryFolder();
  const path = join(folder, 'out');
  await leave(path, 'aaaaaaaaaaaa', { text: 'ended', owner: ended });
  await leave(path, 'bbbbbbbbbbbb', { text: 'silent, larger', owner: elsewhere, minutes: 11 });
  const heard = await leave(path, 'cccccccccccc', {
    text: 'heard of just now',
    owner: elsewhere,
    minutes: 9,
  });
  expect(await leftBytes(path)).toBe('ended'.length + 'silent, larger'.length);
  expect(await append(path, '!')).toBe('silent, larger'.length);
  expect(await readFile(path, 'utf8')).toBe('silent, larger!');
  expect((await readdir(folder)).toSorted()).toEqual(['out', 'out.cccccccccccc.partial']);
  expect(await readdir(heard)).toEqual(['content', 'owner.json']);
});

test('links and files of other names are not taken for content', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'out');
  await writeFile(join(folder, 'precious'), 'precious');
  await mkdir(`${path}.aaaaaaaaaaaa.partial`);
  await symlink(join(folder, 'precious'), join(`${path}.aaaaaaaaaaaa.partial`, 'content'));
  await leave(path, 'not-random', { text: 'another name' });
  await leave(join(folder, 'output'), 'bbbbbbbbbbbb', { text: 'another file' });
  expect(await append(path, 'ours')).toBe(0);
  expect(await readFile(join(folder, 'precious'), 'utf8')).toBe('precious');
  expect(await readFile(path, 'utf8')).toBe('ours');
});

test('who was wrongly taken for dead fails in the end, and the file is the other one', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'out');
  const slow = writeResumably(
    path,
    async (file, size) => {
      await file.write('same bytes', size);
      // Another one looks at it from where nobody knows that this process lives, and takes it over.
      const [name = ''] = (await readdir(folder)).filter((each) => each.startsWith('out.'));
      const owner = { version: 1, process: { ...(await ownIdentity()), started: '1' } };
      await writeFile(join(folder, name, 'owner.json'), JSON.stringify(owner));
      await append(path, ', and more');
    },
    keeps,
  );
  await expect(slow).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await readFile(path, 'utf8')).toBe('same bytes, and more');
  expect(await readdir(folder)).toEqual(['out']);
  expect((await stat(path)).nlink).toBe(1);
});
