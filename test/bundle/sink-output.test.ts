import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { BundleSink } from '../../src/bundle/sink-output.ts';
import { SinkOutput } from '../../src/bundle/sink-output.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const pieces = ['one ', 'two ', '', 'three'].map((text) => Buffer.from(text));
const whole = Buffer.concat(pieces);
const written = { size: whole.length, sha256: `sha256:${createHash('sha256').update(whole).digest('hex')}` };

async function writeAll(sink: BundleSink) {
  const output = new SinkOutput(sink, hashHere);
  for (const piece of pieces) await output.write(piece);
  return await output.finish();
}

test('a file gets the bytes, one behind the other', async () => {
  const path = join(await temporaryFolder(), 'file');
  await using file = await open(path, 'wx');
  expect(await writeAll({ file })).toEqual(written);
  expect((await readFile(path)).equals(whole)).toBe(true);
});

test('so does what takes writes', async () => {
  const taken: Uint8Array[] = [];
  const write = async (bytes: Uint8Array) => await Promise.resolve(void taken.push(bytes));
  expect(await writeAll({ write })).toEqual(written);
  expect(Buffer.concat(taken).equals(whole)).toBe(true);
});

test('and what hashes by itself', async () => {
  const taken: Uint8Array[] = [];
  const sink: BundleSink = {
    append: async (bytes, hash) => {
      taken.push(bytes);
      await hash.update(bytes);
    },
  };
  expect(await writeAll(sink)).toEqual(written);
  expect(Buffer.concat(taken).equals(whole)).toBe(true);
});

test('what the sink fails with is thrown', async () => {
  const failure = new Error('disk');
  const output = new SinkOutput({ write: async () => await Promise.reject(failure) }, hashHere);
  await expect(output.write(whole)).rejects.toBe(failure);
});
