import { constants } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import { basename } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import type { FileChecksum } from '../iso/iso-checksums.ts';
import { outputTarget } from './check-output.ts';

/** Of what lies beside a file. */
const maximumLength = 1000;

/** The file with the checksum of another one, beside it. */
export function checksumFile(path: string): string {
  return `${path}.sha256`;
}

/**
 * Writes the checksums of a file, or of what it is cut into, beside it: `sha256sum -c` reads them there. A symbolic link in that place
 * stays, and what it leads to is written.
 *
 * @param path of the file
 * @throws the system's error
 */
export async function writeChecksumFile(path: string, files: readonly FileChecksum[]): Promise<void> {
  const text = files.map(({ path: name, sha256 }) => `${sha256}  ${name}\n`).join('');
  await writeFileAtomically(
    await outputTarget(checksumFile(path)),
    async (file) => await file.writeFile(text),
  );
}

/**
 * Empties the file with the checksum of a file that is going to be replaced, if there is one: whoever is stopped before the new one is
 * written leaves none that is wrong. To be called when the new file is complete, right before it gets its name.
 *
 * @throws the system's error
 */
export async function emptyChecksumFile(path: string): Promise<void> {
  try {
    await truncate(checksumFile(path));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    // It may not be written to, but it may be replaced, as it is going to be.
    await writeChecksumFile(path, []);
  }
}

/** The sha256, in hex, that the file beside another one says of it; undefined when there is none that does. */
export async function checksumBeside(path: string): Promise<string | undefined> {
  const text = await readStart(checksumFile(path)).catch(() => '');
  if (text.length > maximumLength) return undefined;
  const [, sha256, name] = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+?)\r?\n?$/.exec(text) ?? [];
  return name === basename(path) ? sha256 : undefined;
}

async function readStart(path: string): Promise<string> {
  // Nothing waits for somebody to write into a pipe, and no large file is read.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(maximumLength + 1), { position: 0 });
  return buffer.toString('latin1', 0, bytesRead);
}
