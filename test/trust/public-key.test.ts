import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { parsePublicKeys, publicKeyPem } from '../../src/trust/public-key.ts';
import { openssl } from '../support/openssl.ts';
import { opensslKey, opensslKeys } from '../support/openssl-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('public key', () => {
  test.each(Object.entries(opensslKeys))(
    'of %s has the id that openssl tells',
    async (algorithm, command) => {
      const folder = await temporaryFolder();
      const { publicPem } = await opensslKey(folder, command);
      await openssl(folder, 'pkey -pubin -in key.pub -outform DER -out key.der');
      const hex = createHash('sha256')
        .update(await readFile(join(folder, 'key.der')))
        .digest('hex');
      const keys = parsePublicKeys(publicPem, 'key.pub');
      expect(keys).toMatchObject([{ algorithm, id: `sha256:${hex}` }]);
      expect(keys.map(publicKeyPem)).toEqual([publicPem.toString()]);
    },
  );

  test('is one however its point is written', async () => {
    const folder = await temporaryFolder();
    const { publicPem } = await opensslKey(folder, opensslKeys['ecdsa-p256-sha256']);
    await openssl(folder, 'ec -pubin -in key.pub -conv_form compressed -out short.pub');
    const short = await readFile(join(folder, 'short.pub'));
    expect(short.length).toBeLessThan(publicPem.length);
    expect(parsePublicKeys(short, 'short.pub')[0]?.id).toBe(parsePublicKeys(publicPem, 'key.pub')[0]?.id);
  });

  test('may be of the older form of RSA', async () => {
    const folder = await temporaryFolder();
    const { publicPem } = await opensslKey(folder, opensslKeys['rsa-pkcs1-sha256']);
    await openssl(folder, 'rsa -in key.pem -RSAPublicKey_out -out old.pub');
    const old = await readFile(join(folder, 'old.pub'));
    expect(old.toString()).toContain('BEGIN RSA PUBLIC KEY');
    expect(parsePublicKeys(old, 'old.pub')[0]?.id).toBe(parsePublicKeys(publicPem, 'key.pub')[0]?.id);
  });

  test('may be one of several in a file', async () => {
    const folder = await temporaryFolder();
    const { publicPem: first } = await opensslKey(folder, opensslKeys.ed25519);
    const { publicPem: second } = await opensslKey(folder, opensslKeys['ecdsa-p256-sha256']);
    const keys = parsePublicKeys(Buffer.concat([Buffer.from('the old one\n'), first, second]), 'keys.pub');
    expect(keys.map(({ algorithm }) => algorithm)).toEqual(['ed25519', 'ecdsa-p256-sha256']);
    const many = Buffer.concat(Array.from({ length: 17 }, () => first));
    expect(() => parsePublicKeys(many, 'keys.pub')).toThrow('it holds more than 16 keys');
  });

  test.each([
    ['on P-384', 'ecparam -name secp384r1 -genkey -noout -out', 'is a key on the curve secp384r1'],
    [
      'of 1024 bits',
      'genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out',
      'is an RSA key of 1024 bits',
    ],
    ['of X25519', 'genpkey -algorithm X25519 -out', 'is a key of type x25519'],
    ['of RSA-PSS', 'genpkey -algorithm RSA-PSS -out', 'is a key of type rsa-pss'],
  ])('%s is not suitable, and it says what is', async (_what, command, message) => {
    const folder = await temporaryFolder();
    const { publicPem } = await opensslKey(folder, command);
    expect(() => parsePublicKeys(publicPem, 'key.pub')).toThrow(
      expect.objectContaining({
        code: 'KEY_UNSUITABLE',
        kind: 'usage',
        message: expect.stringContaining(message),
        suggestions: expect.arrayContaining([expect.stringContaining('palette-edge keys generate')]),
      }),
    );
  });

  test('with which everybody could sign is not suitable', () => {
    // SubjectPublicKeyInfo of RSA: a modulus of 2048 bits, and the exponent 1.
    const start = Buffer.from('30820120300d06092a864886f70d01010105000382010d003082010802820101', 'hex');
    const der = Buffer.concat([
      start,
      Buffer.from([0]),
      Buffer.alloc(256, 0xd5),
      Buffer.from('020101', 'hex'),
    ]);
    const pem = `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`;
    expect(() => parsePublicKeys(Buffer.from(pem), 'key.pub')).toThrow('the public exponent 1');
  });

  test('is no private key, and no certificate', async () => {
    const folder = await temporaryFolder();
    const { privatePem } = await opensslKey(folder, opensslKeys['ecdsa-p256-sha256']);
    expect(() => parsePublicKeys(privatePem, 'key.pem')).toThrow(
      'key.pem is no key that can be used: it is a private key',
    );
    await openssl(folder, 'req -x509 -new -key key.pem -subj /CN=x -out cert.pem');
    const certificate = await readFile(join(folder, 'cert.pem'));
    expect(() => parsePublicKeys(certificate, 'cert.pem')).toThrow('it is a certificate');
  });

  test.each([
    ['is empty', '', 'it is not in PEM'],
    ['never ends', '-----BEGIN PUBLIC KEY-----\nMFkw', 'it is not in PEM'],
    [
      'is damaged',
      '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n',
      'its public key is damaged',
    ],
    ['is another thing', '-----BEGIN X509 CRL-----\nMFkw\n-----END X509 CRL-----\n', 'it holds a X509 CRL'],
    ['is too large', 'x'.repeat(64 * 1024 + 1), 'it has more than 65536 bytes'],
  ])('that %s is refused', (_what, text, reason) => {
    expect(() => parsePublicKeys(Buffer.from(text), 'key.pub')).toThrow(
      expect.objectContaining({
        code: 'KEY_INVALID',
        kind: 'usage',
        message: expect.stringContaining(reason),
      }),
    );
  });
});
