import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** How many times this process has the file open (proc(5), /proc/pid/fd). */
export async function filesHeldOpen(path: string): Promise<number> {
  const folder = '/proc/self/fd';
  const names = await readdir(folder);
  const targets = await Promise.all(
    names.map(async (name) => await readlink(join(folder, name)).catch(() => '')),
  );
  return targets.filter((target) => target === path).length;
}
