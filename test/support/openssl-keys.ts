import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openssl } from './openssl.ts';

/** Keys of every kind that bundles are signed with, and how openssl makes them. */
export const opensslKeys = {
  'ecdsa-p256-sha256': 'ecparam -name prime256v1 -genkey -noout -out',
  ed25519: 'genpkey -algorithm ed25519 -out',
  'rsa-pkcs1-sha256': 'genrsa -out',
} as const;

/** A pair of keys made by openssl in a folder: `key.pem` and `key.pub`. */
export async function opensslKey(
  folder: string,
  command: string,
): Promise<{ readonly privatePem: Buffer; readonly publicPem: Buffer }> {
  await openssl(folder, `${command} key.pem${command.startsWith('genrsa') ? ' 2048' : ''}`);
  await openssl(folder, 'pkey -in key.pem -pubout -out key.pub');
  return {
    privatePem: await readFile(join(folder, 'key.pem')),
    publicPem: await readFile(join(folder, 'key.pub')),
  };
}
