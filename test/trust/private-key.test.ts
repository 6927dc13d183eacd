import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { findPrivateKey, readPrivateKey } from '../../src/trust/private-key.ts';
import type { PrivateKey } from '../../src/trust/private-key.ts';
import { parsePublicKeys } from '../../src/trust/public-key.ts';
import { openssl } from '../support/openssl.ts';
import { opensslKey, opensslKeys } from '../support/openssl-keys.ts';
import { everythingShown } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const passphrase = 'correct horse';

/** What reading a key file throws, as anybody may see it. */
function failure(reading: () => unknown): unknown {
  try {
    reading();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}

function read(pem: Uint8Array, phrase?: string): PrivateKey {
  return readPrivateKey(findPrivateKey(pem, 'key.pem'), phrase);
}

describe('private key', () => {
  test.each(Object.entries(opensslKeys))('of %s is read as openssl makes it', async (algorithm, command) => {
    const folder = await temporaryFolder();
    const { privatePem, publicPem } = await opensslKey(folder, command);
    const { publicKey } = read(privatePem);
    expect(publicKey).toMatchObject({ algorithm, id: parsePublicKeys(publicPem, 'key.pub')[0]?.id });
  });

  test.each([
    ['PKCS#8', 'ENCRYPTED PRIVATE KEY', 'pkcs8 -topk8 -in key.pem -passout pass:x'],
    ['PKCS#8 with scrypt', 'ENCRYPTED PRIVATE KEY', 'pkcs8 -topk8 -scrypt -in key.pem -passout pass:x'],
    ['the older form of EC keys', 'EC PRIVATE KEY', 'ec -aes256 -in key.pem -passout pass:x'],
  ])('encrypted in %s is read with its passphrase alone', async (_what, label, command) => {
    const folder = await temporaryFolder();
    const { privatePem } = await opensslKey(folder, opensslKeys['ecdsa-p256-sha256']);
    await openssl(folder, `${command} -out locked.pem`);
    const locked = await readFile(join(folder, 'locked.pem'));
    expect(locked.toString()).toContain(`BEGIN ${label}`);
    expect(findPrivateKey(locked, 'key.pem').isEncrypted).toBe(true);
    expect(read(locked, 'x').publicKey.id).toBe(read(privatePem).publicKey.id);
    expect(failure(() => read(locked))).toMatchObject({
      code: 'KEY_PASSPHRASE_MISSING',
      kind: 'authentication',
    });
    const wrong = failure(() => read(locked, passphrase));
    expect(wrong).toMatchObject({ code: 'KEY_PASSPHRASE_WRONG', kind: 'authentication' });
    expect(everythingShown(wrong)).not.toContain(passphrase);
  });

  test('of RSA in the older form, encrypted, is read', async () => {
    const folder = await temporaryFolder();
    const { privatePem } = await opensslKey(folder, opensslKeys['rsa-pkcs1-sha256']);
    await openssl(folder, 'rsa -traditional -aes128 -in key.pem -passout pass:x -out locked.pem');
    const locked = await readFile(join(folder, 'locked.pem'));
    expect(locked.toString()).toContain('BEGIN RSA PRIVATE KEY');
    expect(read(locked, 'x').publicKey.id).toBe(read(privatePem).publicKey.id);
  });

  test('is found behind its parameters', async () => {
    const folder = await temporaryFolder();
    const { privatePem } = await opensslKey(folder, 'ecparam -name prime256v1 -genkey -out');
    expect(privatePem.toString()).toContain('BEGIN EC PARAMETERS');
    expect(read(privatePem).publicKey.algorithm).toBe('ecdsa-p256-sha256');
  });

  test('that is not encrypted needs no passphrase, and minds none', async () => {
    const { privatePem } = await opensslKey(await temporaryFolder(), opensslKeys.ed25519);
    expect(findPrivateKey(privatePem, 'key.pem').isEncrypted).toBe(false);
    expect(read(privatePem, passphrase).publicKey.id).toBe(read(privatePem).publicKey.id);
  });

  test('must be alone', async () => {
    const { privatePem, publicPem } = await opensslKey(await temporaryFolder(), opensslKeys.ed25519);
    expect(failure(() => read(Buffer.concat([privatePem, privatePem])))).toMatchObject({
      code: 'KEY_INVALID',
    });
    expect(() => read(publicPem)).toThrow('it is a public key');
  });

  test.each([
    ['secp384r1', 'is a key on the curve secp384r1'],
    ['secp256k1', 'is a key on the curve secp256k1'],
  ])('on %s is not suitable', async (curve, message) => {
    const { privatePem } = await opensslKey(
      await temporaryFolder(),
      `ecparam -name ${curve} -genkey -noout -out`,
    );
    expect(failure(() => read(privatePem))).toMatchObject({
      code: 'KEY_UNSUITABLE',
      kind: 'usage',
      message: expect.stringContaining(message),
    });
  });

  test('of DSA is not suitable', async () => {
    const folder = await temporaryFolder();
    await openssl(folder, 'dsaparam -noout -genkey -out key.pem 1024');
    const pem = await readFile(join(folder, 'key.pem'));
    expect(failure(() => read(pem))).toMatchObject({ kind: 'usage', message: expect.stringMatching(/dsa/i) });
  });

  test.each([
    ['of cosign', 'ENCRYPTED SIGSTORE PRIVATE KEY', 'it is encrypted in the way of cosign alone'],
    ['of older cosign', 'ENCRYPTED COSIGN PRIVATE KEY', 'it is encrypted in the way of cosign alone'],
    ['of OpenSSH', 'OPENSSH PRIVATE KEY', 'it is a key of OpenSSH'],
    ['of PGP', 'PGP PRIVATE KEY BLOCK', 'it holds a PGP PRIVATE KEY BLOCK'],
    ['that is damaged', 'PRIVATE KEY', 'its private key is damaged'],
    ['that is parameters', 'EC PARAMETERS', 'it holds parameters only'],
  ])('%s is refused without a word of it', (_what, label, reason) => {
    const pem = Buffer.from(`-----BEGIN ${label}-----\nc2VjcmV0\n-----END ${label}-----\n`);
    const error = failure(() => read(pem));
    expect(error).toMatchObject({
      code: 'KEY_INVALID',
      kind: 'usage',
      message: expect.stringContaining(reason),
    });
    expect(everythingShown(error)).not.toContain('c2VjcmV0');
  });
});
