// Stands in for oclif's own module loader in the standalone executable: what package.json names there are not files.
import { basename } from 'node:path';

const modules = {
  help: () => import('../src/cli/help.ts'),
  'command-not-found': () => import('../src/cli/command-not-found.ts'),
};

/** The module of this name; oclif puts a folder before it. */
export async function load(_config, path) {
  const name = basename(path);
  if (!Object.hasOwn(modules, name)) throw new Error(`the standalone executable has no module ${name}`);
  return await modules[name]();
}

/** As `load`, in the shape that oclif wants for hooks. */
export async function loadWithData(config, path) {
  return { filePath: path, isESM: true, module: await load(config, path) };
}
