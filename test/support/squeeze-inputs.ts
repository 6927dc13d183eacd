import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { requireTool } from './required-tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A tar of folders of this repository. */
export function tarOf(...folders: readonly string[]): Buffer {
  return execFileSync(requireTool('tar'), ['-c', '--sort=name', ...folders], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
}

/** The first bytes of a file. */
export function beginningOf(path: string, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  const file = openSync(path, 'r');
  const read = readSync(file, bytes, 0, size, 0);
  closeSync(file);
  return bytes.subarray(0, read);
}

/** Says where streams differ, undefined when they are equal. */
export function differenceOf(ours: Buffer, theirs: Buffer): string | undefined {
  if (ours.equals(theirs)) return undefined;
  const at = ours.findIndex((byte, index) => byte !== theirs[index]);
  return `byte ${at}: wrote ${ours.length} bytes instead of ${theirs.length}`;
}
