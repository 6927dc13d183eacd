import type { GeneratedKeys } from '../workflows/generate-keys.ts';
import { textFields } from './text-fields.ts';

/** Keys that were made, and what a site is told of them. */
export function generatedKeysView(keys: GeneratedKeys): string {
  const { privateKey, isEncrypted, publicKey, keyId, algorithm, publicKeyBase64 } = keys;
  const fields = textFields([
    ['private key', `${privateKey} (${isEncrypted ? 'encrypted' : 'not encrypted'}): keep it secret`],
    ['public key', publicKey],
    ['key id', keyId],
    ['algorithm', algorithm],
  ]);
  return [
    'Made a pair of keys',
    fields,
    'For .edge_custom_config.yaml of CanvOS:',
    'content:',
    '  signing:',
    '    publicKey:',
    `      base64EncodedValue: ${publicKeyBase64}`,
  ].join('\n');
}
