import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { generateKey } from '../../src/trust/generate-key.ts';
import { readPrivateKeyFile } from '../../src/workflows/read-private-key.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const nobody = async (): Promise<undefined> => await Promise.resolve(undefined);

test('a key comes through a pipe, as programs that keep secrets give it', async () => {
  const folder = await temporaryFolder();
  const { privatePem, publicKey } = await generateKey('ed25519', undefined);
  const pipe = join(folder, 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  const [key] = await Promise.all([readPrivateKeyFile(pipe, nobody), writeFile(pipe, privatePem)]);
  expect(key.publicKey.id).toBe(publicKey.id);
});

test.each([
  ['a file that is not there', 'nothing', undefined, { code: 'FILE_NOT_FOUND', kind: 'notFound' }],
  ['a folder', '.', undefined, { code: 'NOT_A_FILE', kind: 'usage' }],
  ['a file that is far too large', 'large', 'x'.repeat(1_000_000), { code: 'KEY_INVALID', kind: 'usage' }],
])('%s is no key', async (...[, name, content, expected]) => {
  const path = join(await temporaryFolder(), name);
  if (content !== undefined) await writeFile(path, content);
  expect(await rejection(readPrivateKeyFile(path, nobody))).toMatchObject(expected);
});
