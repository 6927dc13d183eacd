import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';

/** How programs begin: for Linux (ELF), as a script, for macOS (Mach-O, alone or for several processors), for Windows. */
const programs = ['7f454c46', '2321', 'cffaedfe', 'cefaedfe', 'cafebabe', '4d5a'];

/**
 * Refuses what cannot be a cluster definition, a `.tgz` (RFC 1952, section 2.3.1).
 *
 * @throws PaletteEdgeError `CLUSTER_DEFINITION_INVALID` (kind usage), or a failure to read
 */
export async function requireClusterDefinition(path: string): Promise<void> {
  if ((await beginningOf(path)).startsWith('1f8b')) return;
  throw new PaletteEdgeError(
    'CLUSTER_DEFINITION_INVALID',
    `${path}: a cluster definition is a .tgz, but this is not gzip`,
    { kind: 'usage', suggestions: ['Is it the right file? Palette gives cluster definitions as .tgz.'] },
  );
}

/**
 * Refuses what nobody can run. The content says it: files that were downloaded may lack the permission.
 *
 * @throws PaletteEdgeError `TOOL_INVALID` (kind usage), or a failure to read
 */
export async function requireProgram(path: string): Promise<void> {
  const beginning = await beginningOf(path);
  if (programs.some((program) => beginning.startsWith(program))) return;
  throw new PaletteEdgeError('TOOL_INVALID', `${path}: the tool is to be a program, but this is none`, {
    kind: 'usage',
    suggestions: ['Name palette-edge as one executable file: --include-tool palette-edge-linux-x64'],
  });
}

/** In hex. */
async function beginningOf(path: string): Promise<string> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('hex', 0, bytesRead);
  } catch (error) {
    throw wordDiskError(error, `reading the file ${path}`);
  }
}
