import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { generateKeys } from '../../src/workflows/generate-keys.ts';
import { readPrivateKeyFile } from '../../src/workflows/read-private-key.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openTerminal } from '../support/terminal.ts';

test('the passphrase of a new key is asked for twice, and not shown', async () => {
  const cwd = await temporaryFolder();
  const terminal = openTerminal(['keys', 'generate', '--encrypt', '--output', 'edge'], cwd);
  await terminal.says('Passphrase for the new key: ');
  terminal.type('s3cret\r');
  await terminal.says('The same again: ');
  terminal.type('s3cret\r');
  await terminal.says('code 0');
  expect(await terminal.end()).not.toContain('s3cret');
  const read = readPrivateKeyFile(join(cwd, 'edge.key'), async () => await Promise.resolve('s3cret'));
  expect((await read).publicKey.algorithm).toBe('ecdsa-p256-sha256');
});

test('two passphrases that differ make no key', async () => {
  const cwd = await temporaryFolder();
  const terminal = openTerminal(['keys', 'generate', '--encrypt', '--output', 'edge'], cwd);
  await terminal.says('Passphrase for the new key: ');
  terminal.type('s3cret\r');
  await terminal.says('The same again: ');
  terminal.type('s3crat\r');
  await terminal.says('code 2');
  expect(await terminal.end()).toContain('the two passphrases differ');
  await expect(access(join(cwd, 'edge.key'))).rejects.toThrow('ENOENT');
});

test('the passphrase of an encrypted key is asked for when it is needed', async () => {
  const cwd = await temporaryFolder();
  await generateKeys({ type: 'ed25519', name: join(cwd, 'edge'), passphrase: 's3cret' });
  const terminal = openTerminal(['sign', 'edge.pub', '--private-key', 'edge.key'], cwd);
  await terminal.says('Passphrase of edge.key: ');
  terminal.type('s3cret\r');
  // It was right: what is to be signed is looked at.
  await terminal.says('not a palette-edge bundle');
  expect(await terminal.end()).not.toContain('s3cret');
  expect(await readFile(join(cwd, 'edge.key'), 'utf8')).toContain('ENCRYPTED');
});
