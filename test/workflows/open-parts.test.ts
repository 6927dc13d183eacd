import { execFile } from 'node:child_process';
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { inspectBundle } from '../../src/workflows/inspect-bundle.ts';
import { openBundle } from '../../src/workflows/open-bundle.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { rejection } from '../support/rejection.ts';
import { splitBundle, splitName, splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What the bundle is made of, read through `path`. */
async function contentOf(path: string): Promise<string[]> {
  const reader = await openBundle(path);
  try {
    const contents = reader.inventory.blobs.map(async (blob) => {
      const pieces: Uint8Array[] = [];
      for await (const bytes of await reader.open(blob)) pieces.push(bytes);
      return Buffer.concat(pieces).toString('base64');
    });
    return await Promise.all(contents);
  } finally {
    await reader.close();
  }
}

/** Puts other text into the list of the sample. */
async function changeList(folder: string, change: (text: string) => string): Promise<void> {
  const path = join(folder, `${splitName}.parts.json`);
  await writeFile(path, change(await readFile(path, 'utf8')));
}

describe.each(['plain', 'canvos'] as const)('in the style %s', (style) => {
  const split = { partSize: 3000, style };
  const part = style === 'plain' ? '.part' : '_part';

  test.each([
    ['its list', `${splitName}.parts.json`],
    ['the first part', `${splitName}${part}00`],
    ['the last part', `${splitName}${part}05`],
    ['the bundle that is not there', splitName],
  ])('a bundle is read by the name of %s', async (_, name) => {
    const folder = await temporaryFolder();
    const { path, parts } = await splitBundle(folder, { split });
    expect(parts.length).toBe(6);
    const whole = join(await temporaryFolder(), 'whole.tar.zst');
    await writeOutput({ ...(await splitOptions(folder)), split: undefined, path: whole });
    expect(await contentOf(join(folder, name))).toEqual(await contentOf(whole));
    expect((await inspectBundle(join(folder, name))).id).toBe((await inspectBundle(whole)).id);
    expect((await inspectBundle(path)).parts).toEqual({
      list: `${splitName}.parts.json`,
      files: parts.map(({ name: file, size }) => ({ name: file, size })),
    });
  });

  test('without a list, parts are joined by their numbers', async () => {
    const folder = await temporaryFolder();
    const { list, path, parts } = await splitBundle(folder, { split });
    const expected = await contentOf(path);
    await rm(list);
    for (const name of [splitName, parts[3]?.name ?? '']) {
      expect(await contentOf(join(folder, name))).toEqual(expected);
      const { parts: found } = await inspectBundle(join(folder, name));
      expect(found).toEqual({
        list: undefined,
        files: parts.map(({ name: file, size }) => ({ name: file, size })),
      });
    }
  });
});

test('many parts are read with a few files open', async () => {
  const folder = await temporaryFolder();
  const { parts, path } = await splitBundle(folder, { split: { partSize: 300, style: 'plain' } });
  const reader = await openBundle(path);
  for (const blob of reader.inventory.blobs) {
    for await (const bytes of await reader.open(blob)) expect(bytes.length).toBeGreaterThan(0);
  }
  expect(parts.length).toBeGreaterThan(50);
  const open = (await readdir('/proc/self/fd')).length;
  await reader.close();
  const before = (await readdir('/proc/self/fd')).length;
  expect(open - before).toBeGreaterThan(0);
  expect(open - before).toBeLessThanOrEqual(4);
});

test('a bundle in one file is read although parts of another one lie beside it', async () => {
  const folder = await temporaryFolder();
  const { path } = await splitBundle(folder, { seed: 2 });
  const options = await splitOptions(await temporaryFolder(), { seed: 1 });
  await writeOutput({ ...options, split: undefined });
  // As people copy files; a build would have removed the parts.
  await copyFile(options.path, path);
  const inspected = await inspectBundle(path);
  expect(inspected.id).toBe(options.plan.id);
  expect(inspected.parts).toBeUndefined();
  expect((await inspectBundle(`${path}.part00`)).id).not.toBe(options.plan.id);
});

test('parts that are missing or of another length are named, with what was expected', async () => {
  const folder = await temporaryFolder();
  const { parts, path } = await splitBundle(folder, { split: { partSize: 3000, style: 'plain' } });
  await rm(`${path}.part01`);
  await truncate(`${path}.part03`, 2000);
  await rm(`${path}.part04`);
  await mkdir(`${path}.part04`);
  const error = await rejection(openBundle(`${path}.part00`));
  expect(error).toMatchObject({ code: 'PARTS_INCOMPLETE', kind: 'content' });
  expect(error.message).toBe(
    `the parts of ${path} are not all there as they must be: ${splitName}.part01 is missing, expected 3000 bytes; ${splitName}.part03 has 2000 bytes, expected 3000; ${splitName}.part04 is no regular file`,
  );
  expect(error.details).toMatchObject({ faults: { length: 3 } });
  expect(parts.length).toBe(6);
  // Named or not, the part that is gone is what is wrong.
  expect((await rejection(openBundle(`${path}.part01`))).code).toBe('PARTS_INCOMPLETE');
});

test('of many parts that are missing only some are named', async () => {
  const folder = await temporaryFolder();
  const { parts, path } = await splitBundle(folder, { split: { partSize: 300, style: 'plain' } });
  for (const { name } of parts.slice(1)) await rm(join(folder, name));
  const { message } = await rejection(openBundle(path));
  expect(message).toMatch(new RegExp(` and ${parts.length - 11} more$`));
});

test('without a list, a part that is missing between others is named, and one at the end is suspected', async () => {
  const folder = await temporaryFolder();
  const { path, list } = await splitBundle(folder, { split: { partSize: 3000, style: 'plain' } });
  await rm(list);
  await rm(`${path}.part05`);
  const atEnd = await rejection(openBundle(path));
  expect(atEnd).toMatchObject({ code: 'BUNDLE_TRUNCATED', kind: 'content' });
  expect(atEnd.message).toContain(`(joined from 5 parts, ${splitName}.part00 to ${splitName}.part04)`);
  expect(atEnd.suggestions.join('\n')).toContain('perhaps more parts belong to it');
  await rm(`${path}.part02`);
  const between = await rejection(openBundle(path));
  expect(between).toMatchObject({ code: 'PARTS_INCOMPLETE' });
  expect(between.message).toContain(`${splitName}.part02 is missing`);
});

test('parts of two kinds without a list are not guessed at', async () => {
  const folder = await temporaryFolder();
  const { path, list } = await splitBundle(folder);
  await rm(list);
  await writeFile(`${path}_part00`, 'x');
  const error = await rejection(openBundle(path));
  expect(error).toMatchObject({ code: 'PARTS_AMBIGUOUS', kind: 'usage' });
  await expect(contentOf(`${path}.part00`)).resolves.not.toEqual([]);
});

test('a part that its list does not name is refused', async () => {
  const folder = await temporaryFolder();
  const { path } = await splitBundle(folder);
  await writeFile(`${path}.part77`, 'x');
  const error = await rejection(openBundle(`${path}.part77`));
  expect(error).toMatchObject({ code: 'PART_NOT_LISTED', kind: 'usage' });
});

test('the list of one bundle with the parts of another: told, not read', async () => {
  const folder = await temporaryFolder();
  const one = await splitBundle(folder, { seed: 1 });
  const other = await splitBundle(await temporaryFolder(), { seed: 2 });
  expect(other.size).toBe(one.size);
  await rename(other.list, one.list);
  const error = await rejection(openBundle(one.path));
  expect(error).toMatchObject({ code: 'PARTS_LIST_MISMATCH', kind: 'content' });
});

test('a list that names files elsewhere is refused, wherever it lies', async () => {
  const folder = await temporaryFolder();
  const { list } = await splitBundle(folder);
  await changeList(folder, (text) => text.replaceAll(`"${splitName}.part01"`, '"../../etc/passwd"'));
  const error = await rejection(openBundle(list));
  expect(error).toMatchObject({ code: 'PARTS_LIST_INVALID', kind: 'content' });
  expect(error.message).toContain(`${list} is not valid: parts[1].name`);
});

test('a list whose part is a pipe, or a device behind a link, does not make it wait', async () => {
  const folder = await temporaryFolder();
  const { list, path } = await splitBundle(folder);
  await rm(`${path}.part00`);
  await promisify(execFile)('mkfifo', [`${path}.part00`]);
  await rm(`${path}.part01`);
  await symlink('/dev/zero', `${path}.part01`);
  const { message } = await rejection(openBundle(list));
  expect(message).toContain(`${splitName}.part00 is no regular file; ${splitName}.part01 is no regular file`);
  await rm(list);
  await promisify(execFile)('mkfifo', [list]);
  expect(await rejection(openBundle(list))).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
});

test('a list that is not there is said to be missing', async () => {
  const path = join(await temporaryFolder(), `${splitName}.parts.json`);
  const error = await rejection(openBundle(path));
  expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toContain(basename(path));
});

test('a bundle that is not there at all is said to be missing by its name', async () => {
  const path = join(await temporaryFolder(), splitName);
  const error = await rejection(openBundle(path));
  expect(error.message).toBe(`reading the bundle ${path} failed: no such file or folder`);
});
