import { join } from 'node:path';

import { hashHere } from '../../src/io/hash-thread.ts';
import { newAgeIdentity } from '../../src/trust/age-identities.ts';
import { parseAgeRecipients } from '../../src/trust/age-recipients.ts';
import type { AgeRecipients } from '../../src/trust/age-recipients.ts';
import { decryptBundle } from '../../src/workflows/decrypt-bundle.ts';
import type { DecryptInput } from '../../src/workflows/decrypt-bundle.ts';
import type { EncryptResources } from '../../src/workflows/encrypt-bundle.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { secretKey } from '../support/sealed-file.ts';
import { splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const signal = new AbortController().signal;

/** What encrypting and decrypting need, with a count of bytes. */
export function resources(onBytes: (count: number) => void = () => undefined): EncryptResources {
  const listener = { onStart: () => undefined, onBytes };
  return { hasher: hashHere, tool: { name: 'palette-edge', version: '0.1.0' }, listener };
}

/** A bundle of some chunks in a folder, and a key. */
export async function bundleToEncrypt(options: { readonly isPlain?: boolean } = {}) {
  const folder = await temporaryFolder();
  const path = join(folder, 'edge.tar.zst');
  const { recipient, text } = await newAgeIdentity();
  const encryption: AgeRecipients = await parseAgeRecipients([recipient]);
  const writing = { ...(await splitOptions(folder, { seed: 3 })), split: undefined, path };
  if (options.isPlain !== false) await writeOutput(writing);
  return { folder, path, encryption, writing, identities: [secretKey(text)] };
}

/** Decrypts with these identities; nobody is asked for a passphrase. */
export async function decrypt(
  input: Partial<DecryptInput> & { readonly path: string },
  identities: readonly string[],
) {
  const askPassphrase = async (): Promise<string> => await Promise.reject(new Error('nobody asks'));
  const all = { output: undefined, keys: { identities, askPassphrase }, ...input };
  return await decryptBundle(all, resources(), signal);
}
