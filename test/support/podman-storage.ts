import { join } from 'node:path';

/** The flags with which podman keeps all it has in a folder: no layers, no containers and no locks of the user's own. */
export function podmanStorage(folder: string): readonly string[] {
  return ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
}
