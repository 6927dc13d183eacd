import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readProgram } from '../../src/runtime/read-program.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();

/** A program of a few lines of shell; `$1` is the folder that it is in. */
async function program(...lines: readonly string[]): Promise<{ path: string; folder: string }> {
  const folder = await temporaryFolder();
  const path = join(folder, 'tool');
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
  return { path, folder };
}

async function all(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('what a program prints arrives as it is, however much', async () => {
  const { path, folder } = await program('head -c 3000000 /dev/zero', String.raw`printf '\377\000\n'`);
  const bytes = await all(readProgram(path, [folder], signal));
  expect(bytes.length).toBe(3_000_003);
  expect([...bytes.subarray(-3)]).toEqual([255, 0, 10]);
});

test('one that fails at its end is no end of what it printed', async () => {
  const { path, folder } = await program('echo some', 'echo "ctr: content digest: not found" >&2', 'exit 1');
  const error = await rejection(all(readProgram(path, [folder], signal)));
  expect(error).toMatchObject({ code: 'RUNTIME_FAILED' });
  expect(error.message).toContain('ctr: content digest: not found');
  const missing = await rejection(all(readProgram(join(folder, 'none'), [], signal)));
  expect(missing).toMatchObject({ code: 'RUNTIME_MISSING' });
});

test('whoever stops reading ends it, and an interruption does', async () => {
  const { path, folder } = await program('echo $$ > "$1/id"', 'trap "" PIPE', 'while :; do echo more; done');
  for await (const piece of readProgram(path, [folder], signal)) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  const id = Number(await readFile(join(folder, 'id'), 'utf8'));
  expect(() => process.kill(id, 0)).toThrow('ESRCH');
  const stop = new AbortController();
  const reason = new Error('stopped');
  const interrupted = (async () => {
    for await (const _ of readProgram(path, [folder], stop.signal)) stop.abort(reason);
  })();
  await expect(interrupted).rejects.toBe(reason);
});
