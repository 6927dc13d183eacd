import { createPrivateKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { checkSignatures } from '../../src/trust/check-signatures.ts';
import { findPrivateKey, readPrivateKey } from '../../src/trust/private-key.ts';
import { parsePublicKeys } from '../../src/trust/public-key.ts';
import { signBytes } from '../../src/trust/sign-bytes.ts';
import { openssl } from '../support/openssl.ts';
import { opensslKey, opensslKeys } from '../support/openssl-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const text = Buffer.from('{"formatVersion":1}');

/** How openssl signs a file, and verifies the signature. */
const ways = {
  'ecdsa-p256-sha256': {
    sign: 'dgst -sha256 -sign key.pem -out signature text',
    verify: 'dgst -sha256 -verify key.pub -signature signature text',
  },
  ed25519: {
    sign: 'pkeyutl -sign -inkey key.pem -rawin -in text -out signature',
    verify: 'pkeyutl -verify -pubin -inkey key.pub -rawin -in text -sigfile signature',
  },
  'rsa-pkcs1-sha256': {
    sign: 'dgst -sha256 -sign key.pem -out signature text',
    verify: 'dgst -sha256 -verify key.pub -signature signature text',
  },
} as const;

const algorithms = ['ecdsa-p256-sha256', 'ed25519', 'rsa-pkcs1-sha256'] as const;

async function scene(algorithm: (typeof algorithms)[number]) {
  const folder = await temporaryFolder();
  const { privatePem, publicPem } = await opensslKey(folder, opensslKeys[algorithm]);
  await writeFile(join(folder, 'text'), text);
  const key = readPrivateKey(findPrivateKey(privatePem, 'key.pem'));
  return { folder, key, keys: parsePublicKeys(publicPem, 'key.pub'), way: ways[algorithm] };
}

describe.each(algorithms)('signature with %s', (algorithm) => {
  test('is verified by openssl', async () => {
    const { folder, key, way } = await scene(algorithm);
    await writeFile(join(folder, 'signature'), signBytes(text, key).value);
    expect(await openssl(folder, way.verify)).toMatch(/^Verified OK|Signature Verified Successfully/);
    await writeFile(join(folder, 'text'), '{"formatVersion":2}');
    await expect(openssl(folder, way.verify)).rejects.toThrow('Command failed');
  });

  test('by openssl is verified here', async () => {
    const { folder, key, keys, way } = await scene(algorithm);
    await openssl(folder, way.sign);
    const value = await readFile(join(folder, 'signature'));
    const signature = { value, algorithm, keyId: key.publicKey.id };
    expect(checkSignatures(text, [signature], { keys, name: 'x' })).toEqual({ signedBy: [key.publicKey.id] });
  });

  test('is the same each time', async () => {
    const { key } = await scene(algorithm);
    expect(signBytes(text, key)).toEqual(signBytes(text, key));
  });
});

test.each([
  [
    'sample',
    'EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716',
    'F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8',
  ],
  [
    'test',
    'F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367',
    '019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083',
  ],
])('signature with ECDSA of %j is that of RFC 6979, appendix A.2.5', (message, r, s) => {
  const base64url = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');
  const key = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: base64url('C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721'),
      x: base64url('60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6'),
      y: base64url('7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299'),
    },
  });
  const pem = Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }));
  const { value } = signBytes(Buffer.from(message), readPrivateKey(findPrivateKey(pem, 'key.pem')));
  const integer = (hex: string): string =>
    Number.parseInt(hex.slice(0, 2), 16) < 0x80 ? `0220${hex}` : `022100${hex}`;
  const both = integer(r) + integer(s);
  expect(Buffer.from(value).toString('hex').toUpperCase()).toBe(
    `30${(both.length / 2).toString(16)}${both}`.toUpperCase(),
  );
});
