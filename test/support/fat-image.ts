import { execFile } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { onTestFinished } from 'vitest';

import { requireTool } from './required-tools.ts';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/**
 * Puts files onto a FAT32 file system, as a stick has it, and mounts it for reading until the running test ends: by the kernel, or
 * by FUSE where the kernel has no FAT.
 *
 * @param size of the file system in bytes
 * @returns the folder where it is mounted
 */
export async function fatFolder(files: readonly string[], size: number): Promise<string> {
  const folder = await temporaryFolder();
  const image = join(folder, 'stick.img');
  const mounted = join(folder, 'stick');
  await writeFile(image, '');
  await truncate(image, size);
  await run(requireTool('mkfs.vfat'), ['-F', '32', image]);
  await run(requireTool('mcopy'), ['-i', image, ...files, '::/']);
  await mkdir(mounted);
  const unmount = (await mountByKernel(image, mounted)) ?? (await mountByFuse(image, mounted));
  onTestFinished(unmount);
  return mounted;
}

async function mountByKernel(image: string, folder: string): Promise<(() => Promise<void>) | undefined> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) return undefined;
  try {
    await run('mount', ['-o', 'loop,ro', '-t', 'vfat', image, folder]);
  } catch {
    return undefined;
  }
  return async () => void (await run('umount', [folder]));
}

async function mountByFuse(image: string, folder: string): Promise<() => Promise<void>> {
  await run(requireTool('fusefat'), ['-o', 'ro', image, folder]);
  return async () => void (await run(requireTool('fusermount'), ['-u', folder]));
}
