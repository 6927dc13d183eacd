import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

export const modules = join(root, 'node_modules');

/** The Node that the npm package `node` brings: the one that everything runs under. */
export const projectNode = join(modules, '.bin', 'node');
