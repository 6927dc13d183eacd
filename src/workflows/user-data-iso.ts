import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

import { wordDiskError } from '../errors.ts';
import { removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import type { IsoEntry } from '../iso/iso-entry.ts';
import { writeIso } from '../iso/iso-writer.ts';
import { checkXorriso } from '../iso/xorriso.ts';
import type { Warning } from '../warning.ts';
import { checkIsoOutput, outputTarget } from './check-output.ts';
import type { IsoResources } from './create-iso.ts';
import { readUserData } from './read-user-data.ts';

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
 * may be in it: nobody else may read the image.
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
  await checkIsoOutput(path);
  const size = await write(path, bytes, { xorriso, signal });
  return { path, label: userDataLabel, size, warnings };
}

async function write(
  path: string,
  bytes: Uint8Array,
  run: { readonly xorriso: string | undefined; readonly signal: AbortSignal },
): Promise<number> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(tmpdir(), 'palette-edge-iso-'));
    const entries: IsoEntry[] = [];
    for (const [name, content] of [
      ['user-data', bytes],
      ['meta-data', new Uint8Array()],
    ] as const) {
      const source = join(folder, name);
      await writeFile(source, content, { mode: 0o600 });
      entries.push({ path: name, source, size: content.length });
    }
    const target = await outputTarget(path);
    await removeStalePartials(target);
    return await writeFileAtomically(
      target,
      async (file, beside) => {
        await writeIso(entries, { label: userDataLabel, path: resolve(beside), ...run });
        return (await file.stat()).size;
      },
      0o600,
    );
  } catch (error) {
    throw wordDiskError(error, `writing the ISO image to ${path}`);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
