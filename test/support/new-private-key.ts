import { generateKey } from '../../src/trust/generate-key.ts';
import type { KeyType } from '../../src/trust/generate-key.ts';
import { findPrivateKey, readPrivateKey } from '../../src/trust/private-key.ts';
import type { PrivateKey } from '../../src/trust/private-key.ts';

/** A private key that nobody else has; Ed25519 unless said otherwise, as that is made at once. */
export async function newPrivateKey(type: KeyType = 'ed25519'): Promise<PrivateKey> {
  const { privatePem } = await generateKey(type, undefined);
  return readPrivateKey(findPrivateKey(Buffer.from(privatePem), 'key.pem'));
}
