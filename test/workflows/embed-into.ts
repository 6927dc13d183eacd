import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { embedInstaller } from '../../src/workflows/embed-installer.ts';
import type { EmbedInput, EmbedResources, EmbedResult } from '../../src/workflows/embed-installer.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

function resources(changes: Partial<EmbedResources> = {}): EmbedResources {
  return {
    xorriso: requireTool('xorriso'),
    listener: { onStep: () => undefined, onBytes: () => undefined },
    ...changes,
  };
}

/** Embeds what is said into an installer. */
export async function embedInto(
  input: Partial<EmbedInput> & Pick<EmbedInput, 'installer' | 'output'>,
  changes: Partial<EmbedResources> = {},
  signal = new AbortController().signal,
): Promise<EmbedResult> {
  return await embedInstaller(
    {
      content: [],
      userData: undefined,
      clusterDefinition: undefined,
      edgeConfig: undefined,
      pieceSize: 3_000_000_000,
      replaces: false,
      ...input,
    },
    resources(changes),
    signal,
  );
}

/** As {@link embedInto}, into the installer that AuroraBoot makes when none is named. */
export function embedFrom(installers: Readonly<Record<'aurora', string>>) {
  return async (
    input: Partial<EmbedInput> & Pick<EmbedInput, 'output'>,
    changes?: Partial<EmbedResources>,
    signal?: AbortSignal,
  ): Promise<EmbedResult> => await embedInto({ installer: installers.aurora, ...input }, changes, signal);
}

/** Content by path, as another reader has it. */
export async function extracted(iso: string): Promise<ReadonlyMap<string, Buffer>> {
  const folder = await temporaryFolder();
  await run(requireTool('bsdtar'), ['-xf', iso, '-C', folder]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(async (entry): Promise<[string, Buffer]> => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), await readFile(path)];
    });
  return new Map(await Promise.all(files));
}

/** Spoils one bit of a file. */
export async function flip(path: string, position: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
  await writeFile(path, bytes);
}

/** The SHA-256 of a file, in hex. */
export async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** Writes user data into a folder, and gives its path. */
export async function userDataFile(folder: string, text = '#cloud-config\nstylus: {}\n'): Promise<string> {
  const path = join(folder, 'user-data');
  await writeFile(path, text);
  return path;
}
