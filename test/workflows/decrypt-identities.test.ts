import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { newAgeIdentity } from '../../src/trust/age-identities.ts';
import { readIdentities } from '../../src/workflows/decrypt-identities.ts';
import { rejection } from '../support/rejection.ts';
import { secretKey } from '../support/sealed-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function nobodyAsks(): Promise<string> {
  return await Promise.reject(new Error('nobody asks'));
}

test('identities of several files are put together, each once', async () => {
  const folder = await temporaryFolder();
  const texts = [(await newAgeIdentity()).text, (await newAgeIdentity()).text];
  const paths = ['one.key', 'two.key', 'both.key'].map((name) => join(folder, name));
  for (const [index, text] of [...texts, texts.join('')].entries()) await writeFile(paths[index] ?? '', text);
  expect(await readIdentities(paths, nobodyAsks)).toEqual(texts.map(secretKey));
  expect(await readIdentities([], nobodyAsks)).toEqual([]);
});

test('identities come out of a pipe, too', async () => {
  const { text } = await newAgeIdentity();
  const pipe = join(await temporaryFolder(), 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  const [, identities] = await Promise.all([writeFile(pipe, text), readIdentities([pipe], nobodyAsks)]);
  expect(identities).toEqual([secretKey(text)]);
});

test('a file that is not there, or far too large, is named', async () => {
  const folder = await temporaryFolder();
  const missing = await rejection(readIdentities([join(folder, 'gone.key')], nobodyAsks));
  expect(missing).toMatchObject({ code: 'FILE_NOT_FOUND', kind: 'notFound' });
  expect(missing.message).toContain(`reading the identity file ${join(folder, 'gone.key')} failed`);
  const path = join(folder, 'large.key');
  await writeFile(path, Buffer.alloc(1024 * 1024 + 1));
  const large = await rejection(readIdentities([path], nobodyAsks));
  expect(large).toMatchObject({ code: 'IDENTITY_INVALID', kind: 'usage' });
  expect(large.message).toContain('more than 1048576 bytes');
});
