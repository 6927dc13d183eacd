import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The flags with which podman keeps all it has in a folder: no layers, no containers and no locks of the user's own. */
export function podmanStorage(folder: string): readonly string[] {
  return ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
}

/** The environment of programs that start podman themselves: all that {@link podmanStorage} says, from a file. */
export async function podmanConfiguration(folder: string): Promise<Record<string, string>> {
  const path = join(folder, 'storage.conf');
  const lines = [
    '[storage]',
    'driver = "vfs"',
    `graphroot = "${join(folder, 'root')}"`,
    `runroot = "${join(folder, 'run')}"`,
  ];
  await writeFile(path, lines.join('\n'));
  return { CONTAINERS_STORAGE_CONF: path };
}
