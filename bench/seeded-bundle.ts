import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startDockerRegistry } from '../test/support/docker-registry.ts';
import { pushSeededImages } from '../test/support/push-seeded-images.ts';
import { benchImages } from './bench-images.ts';

const entry = fileURLToPath(new URL('../bin/run.js', import.meta.url));

/**
 * Builds `bundle.tar.zst` in a folder, of as many bytes of images.
 *
 * @returns the reference of one of its images
 */
export async function seededBundle(folder: string, bytes: number): Promise<string> {
  const registry = await startDockerRegistry();
  try {
    const { references } = await pushSeededImages(registry.host, benchImages(bytes));
    await writeFile(join(folder, 'images.txt'), `${references.join('\n')}\n`);
    const args = ['--images-file', 'images.txt', '--plain-http', registry.host, '--store', 'store'];
    await promisify(execFile)(process.execPath, [entry, 'build', ...args, '--output', 'bundle.tar.zst'], {
      cwd: folder,
    });
    await rm(join(folder, 'store'), { recursive: true });
    return references.at(-1) ?? '';
  } finally {
    await registry.stop();
  }
}
