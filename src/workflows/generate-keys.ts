import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { withMadeFolder } from '../io/with-made-folder.ts';
import type { Digest } from '../oci/digest.ts';
import { generateKey } from '../trust/generate-key.ts';
import type { KeyType } from '../trust/generate-key.ts';
import type { SignatureAlgorithm } from '../trust/key-algorithm.ts';
import { publicKeyPem } from '../trust/public-key.ts';

/** What keys are made, and where to. */
export interface GenerateKeysInput {
  readonly type: KeyType;
  /** Path of both files, but for `.key` and `.pub`. */
  readonly name: string;
  /** Encrypts the private key; undefined leaves it readable. */
  readonly passphrase: string | undefined;
}

/** Keys that were made. */
export interface GeneratedKeys {
  /** Path of the private key. */
  readonly privateKey: string;
  readonly isEncrypted: boolean;
  /** Path of the public key. */
  readonly publicKey: string;
  readonly keyId: Digest;
  readonly algorithm: SignatureAlgorithm;
  /** The file of the public key in base64, as `.edge_custom_config.yaml` takes it. */
  readonly publicKeyBase64: string;
}

/**
 * Makes a pair of keys in two files. Neither is ever overwritten: a key that is gone is gone.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage), or kind disk; no file is left then
 */
export async function generateKeys({ type, name, passphrase }: GenerateKeysInput): Promise<GeneratedKeys> {
  const { privatePem, publicKey } = await generateKey(type, passphrase);
  const publicPem = publicKeyPem(publicKey);
  const files = [
    { path: `${name}.key`, text: privatePem, mode: 0o600 },
    { path: `${name}.pub`, text: publicPem, mode: 0o644 },
  ] as const;
  const written: string[] = [];
  await withMadeFolder(dirname(name), async () => {
    try {
      for (const file of files) {
        await writeNew(file, () => written.push(file.path));
      }
    } catch (error) {
      for (const path of written) await rm(path, { force: true });
      throw error;
    }
  });
  return {
    privateKey: files[0].path,
    isEncrypted: passphrase !== undefined,
    publicKey: files[1].path,
    keyId: publicKey.id,
    algorithm: publicKey.algorithm,
    publicKeyBase64: Buffer.from(publicPem).toString('base64'),
  };
}

interface NewFile {
  readonly path: string;
  readonly text: string;
  /** Permissions, from its first moment on. */
  readonly mode: number;
}

async function writeNew({ path, text, mode }: NewFile, onMade: () => void): Promise<void> {
  try {
    await using file = await open(path, 'wx', mode);
    onMade();
    await file.writeFile(text);
    await file.datasync();
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw keyThere(path);
    throw wordDiskError(error, `writing the key to ${path}`);
  }
}

function keyThere(path: string): PaletteEdgeError {
  return new PaletteEdgeError('OUTPUT_TAKEN', `${path} is there already, and keys are never overwritten`, {
    kind: 'usage',
    suggestions: ['Name another with --output: what a key has signed is checked with that key only.'],
  });
}
