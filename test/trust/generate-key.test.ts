import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { generateKey } from '../../src/trust/generate-key.ts';
import { findPrivateKey, readPrivateKey } from '../../src/trust/private-key.ts';
import { openssl } from '../support/openssl.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test.each([
  ['ecdsa', 'ecdsa-p256-sha256', 'NIST CURVE: P-256'],
  ['rsa', 'rsa-pkcs1-sha256', '3072 bit'],
  ['ed25519', 'ed25519', 'ED25519 Private-Key'],
] as const)('key of type %s is one for openssl, too, encrypted or not', async (type, algorithm, told) => {
  const folder = await temporaryFolder();
  const open = await generateKey(type, undefined);
  expect(open.publicKey.algorithm).toBe(algorithm);
  await writeFile(join(folder, 'open.pem'), open.privatePem);
  expect(await openssl(folder, 'pkey -in open.pem -noout -text')).toContain(told);

  const locked = await generateKey(type, 'correct');
  await writeFile(join(folder, 'locked.pem'), locked.privatePem);
  expect(await openssl(folder, 'pkey -in locked.pem -noout -text -passin pass:correct')).toContain(told);
  await expect(openssl(folder, 'pkey -in locked.pem -noout -passin pass:wrong')).rejects.toThrow(
    'Command failed',
  );
  const file = findPrivateKey(Buffer.from(locked.privatePem), 'locked.pem');
  expect(file.isEncrypted).toBe(true);
  expect(readPrivateKey(file, 'correct').publicKey.id).toBe(locked.publicKey.id);
  expect(locked.publicKey.id).not.toBe(open.publicKey.id);
});
