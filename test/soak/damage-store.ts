import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { SeededRandom } from './seeded-random.ts';

/** Flips a bit of some blobs of a store, cuts others short, removes others. @returns the digests that are damaged now */
export async function damageStore(store: string, random: SeededRandom): Promise<ReadonlySet<string>> {
  const folder = join(store, 'blobs', 'sha256');
  const damaged = new Set<string>();
  for (const name of (await readdir(folder)).toSorted()) {
    if (!random.chance(0.3)) continue;
    const path = join(folder, name);
    const how = random.pick(['flip', 'cut', 'remove'] as const);
    if (how === 'remove') {
      await rm(path);
      continue;
    }
    const bytes = await readFile(path);
    const position = random.integer(0, bytes.length - 1);
    if (how === 'flip') bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
    await chmod(path, 0o644);
    await writeFile(path, how === 'cut' ? bytes.subarray(0, position) : bytes);
    damaged.add(`sha256:${name}`);
  }
  return damaged;
}
