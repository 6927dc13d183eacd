import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** How many times this process has the file open (proc(5), /proc/pid/fd). */
export async function filesHeldOpen(path: string): Promise<number> {
  return (await openTargets()).filter((target) => target === path).length;
}

/** How many files in a folder this process has open, those without a name included. */
export async function filesHeldIn(folder: string): Promise<number> {
  return (await openTargets()).filter((target) => target.startsWith(`${folder}/`)).length;
}

async function openTargets(): Promise<string[]> {
  const folder = '/proc/self/fd';
  const names = await readdir(folder);
  return await Promise.all(names.map(async (name) => await readlink(join(folder, name)).catch(() => '')));
}
