import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Digest } from '../../src/oci/digest.ts';
import { generateKey } from '../../src/trust/generate-key.ts';
import { findPrivateKey, readPrivateKey } from '../../src/trust/private-key.ts';
import { publicKeyPem } from '../../src/trust/public-key.ts';
import { signBytes } from '../../src/trust/sign-bytes.ts';
import { serializeSignatures } from '../../src/trust/signature-file.ts';
import { readTrustedKeys } from '../../src/workflows/bundle-trust.ts';
import type { BundleTrust } from '../../src/workflows/bundle-trust.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';

/** Somebody with a pair of keys. */
export interface BundleSigner {
  readonly keyId: Digest;
  /** Path of the public key. */
  readonly keyFile: string;
  readonly trust: BundleTrust;
  /** The content of a signature file for these bytes. */
  readonly sign: (bytes: Uint8Array) => Uint8Array;
  /** Writes the signature file beside a bundle, and gives its path. */
  readonly signFile: (bundle: string, path?: string) => Promise<string>;
}

/** Makes a pair of keys; the public one is in a folder, called `NAME.pub`. */
export async function bundleSigner(folder: string, name: string): Promise<BundleSigner> {
  const { privatePem, publicKey } = await generateKey('ed25519', undefined);
  const key = readPrivateKey(findPrivateKey(Buffer.from(privatePem), name));
  const keyFile = join(folder, `${name}.pub`);
  await writeFile(keyFile, publicKeyPem(publicKey));
  const sign = (bytes: Uint8Array): Uint8Array => serializeSignatures([signBytes(bytes, key)]);
  return {
    keyId: key.publicKey.id,
    keyFile,
    trust: { keys: await readTrustedKeys([keyFile]), signatureFiles: [] },
    sign,
    signFile: async (bundle, path = `${bundle}.sig`) => {
      await writeFile(path, sign(await inventoryOf(bundle)));
      return path;
    },
  };
}

/** What is signed of a bundle. */
export async function inventoryOf(bundle: string): Promise<Uint8Array> {
  return await withBundle(bundle, async ({ inventoryBytes }) => await Promise.resolve(inventoryBytes));
}
