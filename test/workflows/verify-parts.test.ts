import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { verifyView } from '../../src/views/verify-view.ts';
import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import type { VerifyResult } from '../../src/workflows/verify-bundle.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { rejection } from '../support/rejection.ts';
import { splitBundle, splitName, splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const split = { partSize: 3000, style: 'plain' } as const;

async function verify(path: string, signal = new AbortController().signal): Promise<VerifyResult> {
  return await verifyBundle(path, { onStart: () => undefined, onBytes: () => undefined }, signal);
}

/** Changes one byte of a file; a negative position counts from its end. */
async function damage(path: string, position: number): Promise<void> {
  const bytes = await readFile(path);
  const at = position < 0 ? bytes.length + position : position;
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  await writeFile(path, bytes);
}

test('parts that are as they were written are whole, and counted', async () => {
  const { path, parts } = await splitBundle(await temporaryFolder(), { split });
  const result = await verify(path);
  expect(result.problems).toEqual([]);
  expect(result.parts).toEqual({ names: parts.map(({ name }) => name), isListed: true, damaged: [] });
  expect(verifyView(result)).toMatch(/, 6 parts$/);
});

test('the figures are those of the bundle in one file', async () => {
  const folder = await temporaryFolder();
  const { path } = await splitBundle(folder, { split });
  const whole = join(folder, 'whole.tar.zst');
  await writeOutput({ ...(await splitOptions(folder)), split: undefined, path: whole });
  const result = await verify(path);
  expect({ ...result, path: whole, parts: undefined }).toEqual({
    ...(await verify(whole)),
    parts: undefined,
  });
});

test('without a list they are verified by what is in them', async () => {
  const { path, list } = await splitBundle(await temporaryFolder(), { split });
  await rm(list);
  expect(await verify(path)).toMatchObject({ problems: [], parts: { isListed: false, damaged: [] } });
  await damage(`${path}.part03`, 100);
  const { problems } = await verify(path);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.every(({ message }) => message.includes(`${splitName}.part03`))).toBe(true);
});

test('a damaged part is named, and beside it the blobs and images that are damaged with it', async () => {
  const { path, parts } = await splitBundle(await temporaryFolder(), { split });
  await damage(`${path}.part02`, 1500);
  const result = await verify(`${path}.parts.json`);
  expect(result.parts?.damaged).toEqual([`${splitName}.part02`]);
  const [part, ...blobs] = result.problems;
  expect(part).toEqual({
    path: `${splitName}.part02`,
    images: [],
    message: expect.stringContaining(`its list says ${parts[2]?.sha256}`),
  });
  expect(blobs.length).toBeGreaterThan(0);
  expect(blobs.some(({ images }) => images.length > 0)).toBe(true);
  expect(blobs.every(({ message }) => message.includes(`${splitName}.part02`))).toBe(true);
  expect(verifyView(result)).toContain(`Copy ${splitName}.part02 again from where it was made`);
});

test('a byte of any part, wherever it is, is noticed and its part named', async () => {
  const folder = await temporaryFolder();
  const { path, parts } = await splitBundle(folder, { split });
  for (const { name } of parts) {
    for (const position of [0, 1234, -1]) {
      await damage(join(folder, name), position);
      expect(await namedBy(path)).toEqual([name]);
      await damage(join(folder, name), position);
    }
  }
  expect((await verify(path)).problems).toEqual([]);
});

/** The damaged parts that verifying names, be it as an error or as a result. */
async function namedBy(path: string): Promise<unknown> {
  try {
    return (await verify(path)).parts?.damaged;
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.kind !== 'content') throw error;
    return error.details?.['damagedParts'];
  }
}

test('parts so damaged that the bundle does not open: the error names them, and what to copy', async () => {
  const { path } = await splitBundle(await temporaryFolder(), { split });
  await damage(`${path}.part00`, 5);
  await damage(`${path}.part05`, -3);
  const error = await rejection(verify(path));
  expect(error.message).toMatch(/; damaged: edge\.tar\.zst\.part00, edge\.tar\.zst\.part05$/);
  expect(error.suggestions).toEqual([
    `Copy ${splitName}.part00, ${splitName}.part05 again from where it was made.`,
  ]);
});

test('a list that is wrong about the whole is told', async () => {
  const { path, list, sha256 } = await splitBundle(await temporaryFolder(), { split });
  const text = await readFile(list, 'utf8');
  await writeFile(list, text.replace(sha256.slice(7), '0'.repeat(64)));
  const { problems } = await verify(path);
  expect(problems).toEqual([
    {
      path: `${splitName} (joined)`,
      images: [],
      message: `it has the sha256 ${sha256.slice(7)}; its list says ${'0'.repeat(64)}`,
    },
  ]);
});

test('verifying parts can be interrupted', async () => {
  const { path } = await splitBundle(await temporaryFolder(), { split });
  await expect(verify(path, AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
  await damage(`${path}.part00`, 5);
  await expect(verify(path, AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
});
