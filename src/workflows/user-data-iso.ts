import { stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import type { IsoEntry } from '../iso/iso-entry.ts';
import { writeIso } from '../iso/iso-writer.ts';
import { checkXorriso } from '../iso/xorriso.ts';
import type { Warning } from '../warning.ts';
import { checkUserDataOutput } from './check-output.ts';
import type { IsoResources } from './create-iso.ts';
import { readUserData } from './read-user-data.ts';
import { writeIsoFile } from './write-iso-file.ts';
import type { IsoPlaces } from './write-iso-file.ts';

/** User data to put into an image. */
export interface UserDataIsoInput {
  /** Path of the file. */
  readonly file: string;
  /** Where the image goes; beside the file when undefined. */
  readonly output?: string;
}

/** An image with user data. */
export interface UserDataIso {
  readonly path: string;
  readonly label: string;
  /** In bytes. */
  readonly size: number;
  readonly warnings: readonly Warning[];
}

/** What cloud-init looks for (its documentation, "NoCloud"). */
const userDataLabel = 'cidata';

/**
 * Checks user data and makes an image of it, as cloud-init's NoCloud reads it: `user-data`, and an empty `meta-data`. Tokens and passwords
 * may be in it: nobody else may read the image. Of what is there already only an older image of user data is replaced.
 *
 * @throws PaletteEdgeError `USER_DATA_INVALID`, `OUTPUT_TAKEN` (kind usage), `XORRISO_…`, `DISK_…`
 */
export async function userDataIso(
  { file, output }: UserDataIsoInput,
  { xorriso }: Pick<IsoResources, 'xorriso'>,
  signal: AbortSignal,
): Promise<UserDataIso> {
  const { bytes, warnings } = await readUserData(file);
  const path = output ?? join(dirname(file), `${basename(file).replace(/\.ya?ml$/, '')}.iso`);
  await checkXorriso({ xorriso, signal });
  await checkUserDataOutput(path);
  const size = await write(path, bytes, { xorriso, signal });
  return { path, label: userDataLabel, size, warnings };
}

/** It takes a second; whatever is older holds a token for nothing. */
const staleAfterMs = 10 * 60 * 1000;

async function write(
  path: string,
  bytes: Uint8Array,
  run: { readonly xorriso: string | undefined; readonly signal: AbortSignal },
): Promise<number> {
  const make = async ({ file, folder }: IsoPlaces): Promise<number> => {
    const entries: IsoEntry[] = [];
    for (const [name, content] of [
      ['user-data', bytes],
      ['meta-data', new Uint8Array()],
    ] as const) {
      const source = join(folder, name);
      await writeFile(source, content, { mode: 0o600 });
      entries.push({ path: name, source, size: content.length });
    }
    await writeIso(entries, { label: userDataLabel, path: file, folder, ...run });
    return (await stat(file)).size;
  };
  return await writeIsoFile(path, make, { mode: 0o600, staleAfterMs });
}
