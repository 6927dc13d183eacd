import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openFileAccess } from '../../src/io/random-access.ts';
import { readBootStructure } from '../../src/iso/boot-structure.ts';
import type { BootStructure } from '../../src/iso/boot-structure.ts';
import { bootTree } from './bootable-iso.ts';
import type { BootTree } from './bootable-iso.ts';

/** The tree of an installer whose kernel is none: small, for all that is looked at without starting it. */
export async function plainTree(folder: string): Promise<BootTree> {
  const [kernel, initrd] = [join(folder, 'kernel'), join(folder, 'initrd')];
  await mkdir(folder, { recursive: true });
  await writeFile(kernel, 'kernel\n'.repeat(1000));
  await writeFile(initrd, 'initrd\n'.repeat(500));
  return await bootTree(folder, { kernel, initrd });
}

/** Reads the boot structure of an image. */
export async function structureOf(path: string): Promise<BootStructure> {
  const access = await openFileAccess(path, 'image');
  try {
    const structure = await readBootStructure(access);
    if (structure === undefined) throw new Error(`${path} is no ISO image`);
    return structure;
  } finally {
    await access.close();
  }
}
