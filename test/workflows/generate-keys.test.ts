import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { parsePublicKeys } from '../../src/trust/public-key.ts';
import { generateKeys } from '../../src/workflows/generate-keys.ts';
import { readPrivateKeyFile } from '../../src/workflows/read-private-key.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const nobody = async (): Promise<undefined> => await Promise.resolve(undefined);

test('keys are in two files, of which one is for nobody else', async () => {
  const folder = await temporaryFolder();
  const name = join(folder, 'keys', 'edge');
  const keys = await generateKeys({ type: 'ecdsa', name, passphrase: undefined });
  expect(keys).toMatchObject({
    privateKey: `${name}.key`,
    publicKey: `${name}.pub`,
    isEncrypted: false,
    algorithm: 'ecdsa-p256-sha256',
  });
  expect((await stat(keys.privateKey)).mode & 0o777).toBe(0o600);
  const publicPem = await readFile(keys.publicKey);
  expect(parsePublicKeys(publicPem, 'edge.pub').map(({ id }) => id)).toEqual([keys.keyId]);
  expect(Buffer.from(keys.publicKeyBase64, 'base64')).toEqual(publicPem);
  expect((await readPrivateKeyFile(keys.privateKey, nobody)).publicKey.id).toBe(keys.keyId);
});

test('a passphrase encrypts the private one, and is asked for with its path', async () => {
  const name = join(await temporaryFolder(), 'edge');
  const keys = await generateKeys({ type: 'ed25519', name, passphrase: 'correct' });
  expect(keys.isEncrypted).toBe(true);
  const asked: string[] = [];
  const read = readPrivateKeyFile(keys.privateKey, async (path) => {
    asked.push(path);
    return await Promise.resolve('correct');
  });
  expect((await read).publicKey.id).toBe(keys.keyId);
  expect(asked).toEqual([keys.privateKey]);
  expect(await rejection(readPrivateKeyFile(keys.privateKey, nobody))).toMatchObject({
    code: 'KEY_PASSPHRASE_MISSING',
  });
});

test.each(['key', 'pub'])('no key is overwritten, and none is left alone: .%s', async (ending) => {
  const folder = await temporaryFolder();
  const there = join(folder, `edge.${ending}`);
  await writeFile(there, 'precious');
  const failed = generateKeys({ type: 'ed25519', name: join(folder, 'edge'), passphrase: undefined });
  expect(await rejection(failed)).toMatchObject({
    code: 'OUTPUT_TAKEN',
    kind: 'usage',
    message: `${there} is there already, and keys are never overwritten`,
  });
  expect(await readdir(folder)).toEqual([`edge.${ending}`]);
  expect(await readFile(there, 'utf8')).toBe('precious');
});
