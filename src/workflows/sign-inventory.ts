import type { PrivateKey } from '../trust/private-key.ts';
import { signBytes } from '../trust/sign-bytes.ts';
import { serializeSignatures } from '../trust/signature-file.ts';

/** What the slot for signatures holds when a bundle is signed while it is built: the same key and inventory give the same bytes. */
export function signInventory(inventoryBytes: Uint8Array, key: PrivateKey): Uint8Array {
  return serializeSignatures([signBytes(inventoryBytes, key)]);
}
