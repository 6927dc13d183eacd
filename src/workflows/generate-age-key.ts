import { open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { systemErrorCode, wordDiskError } from '../errors.ts';
import { withMadeFolder } from '../io/with-made-folder.ts';
import { newAgeIdentity } from '../trust/age-identities.ts';
import { outputTaken } from './check-output.ts';

/** A key that was made. */
export interface GeneratedAgeKey {
  /** Path of the secret key. */
  readonly path: string;
  /** `age1…` */
  readonly recipient: string;
}

/**
 * Makes an identity in a file that only its owner can read. It is never overwritten: what was encrypted to a key that is gone is gone, too.
 *
 * @throws PaletteEdgeError `OUTPUT_TAKEN` (kind usage), or kind disk; no file is left then
 */
export async function generateAgeKey(path: string): Promise<GeneratedAgeKey> {
  const { text, recipient } = await newAgeIdentity();
  try {
    await withMadeFolder(dirname(path), async () => await writeNew(path, text));
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST')
      throw outputTaken(`writing the key to ${path}`, 'never overwritten');
    throw wordDiskError(error, `writing the key to ${path}`);
  }
  return { path, recipient };
}

/** Half of a key would only be in the way of the next try. */
async function writeNew(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
