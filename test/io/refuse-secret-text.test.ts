import { expect, test } from 'vitest';

import { imageSignatureRules } from '../../src/cli/image-key-flags.ts';
import { refuseSecretText } from '../../src/io/refuse-secret-text.ts';
import { readCredentialFile } from '../../src/registry/credential-file.ts';
import { newAgeIdentity } from '../../src/trust/age-identities.ts';
import { generateKey } from '../../src/trust/generate-key.ts';
import { readTrustedKeys } from '../../src/workflows/bundle-trust.ts';
import { readIdentities } from '../../src/workflows/decrypt-identities.ts';
import { readPrivateKeyFile } from '../../src/workflows/read-private-key.ts';
import { servedCertificate } from '../../src/workflows/served-certificate.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { secretKey } from '../support/sealed-file.ts';

const { privatePem } = await generateKey('ecdsa', undefined);
const identity = secretKey((await newAgeIdentity()).text);
const dockerConfig = JSON.stringify({ auths: { 'ghcr.io': { auth: 'c2VjcmV0'.repeat(40) } } });
const nobody = async () => await Promise.reject(new Error('nobody asks'));

test.each<[string, string, () => Promise<unknown>]>([
  ['a private key', privatePem, async () => await readPrivateKeyFile(privatePem, nobody)],
  ['a private key for a public one', privatePem, async () => await readTrustedKeys([privatePem])],
  ['a key of images', privatePem, async () => await imageSignatureRules([`ghcr.io=${privatePem}`])],
  ['what docker login wrote', dockerConfig, async () => await readCredentialFile(dockerConfig, 'docker')],
  ['an identity', identity, async () => await readIdentities([identity], nobody)],
  [
    'the key of a certificate',
    privatePem,
    async () =>
      await servedCertificate({ kind: 'files', certPath: 'cert.pem', keyPath: privatePem }, new Date(0)),
  ],
])('%s in place of its path is in no message', async (_, secret, read) => {
  const error = await rejection(read());
  expect(error).toMatchObject({ code: 'PATH_INVALID', kind: 'usage' });
  const lines = secret.split('\n').filter((line) => line !== '' && !line.startsWith('---'));
  for (const line of lines) expect(everythingShown(error)).not.toContain(line);
});

test('paths are paths', () => {
  for (const path of ['edge.key', '/dev/fd/63', 'age-secret.key', 'BEGIN.pem'])
    expect(() => refuseSecretText(path, 'private key')).not.toThrow();
});
