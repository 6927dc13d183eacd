import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, glob, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/package-for-tests');
/** Besides what is built. */
const packaged = ['bin', 'docs/schemas', 'fixtures/demo', 'package.json'];
const inputs = ['src/**/*.ts', 'scripts/{build,command-manifest}.mjs', 'tsconfig.json', 'package-lock.json'];

/**
 * Builds the package once for all tests, in a folder of its own: others may build the checkout meanwhile. What was built from the
 * same sources is taken as it is. Below node_modules, so that its imports are found.
 */
export async function setup(): Promise<void> {
  const folder = join(cache, await hashOfInputs());
  if (!(await isThere(folder))) {
    // Another run may be writing to it.
    await rm(cache, { recursive: true, force: true, maxRetries: 10 });
    await mkdir(cache, { recursive: true });
    const beside = await mkdtemp(join(cache, 'partial-'));
    for (const path of packaged) await cp(join(root, path), join(beside, path), { recursive: true });
    execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), beside], { stdio: 'inherit' });
    await rename(beside, folder).catch(async (error: unknown) => {
      // Another run may have been quicker to build the same.
      if (!(await isThere(folder))) throw error;
      await rm(beside, { recursive: true, force: true });
    });
  }
  process.env['PALETTE_EDGE_TEST_ENTRY'] = join(folder, 'bin/run.js');
  // Workers, their threads and the processes of tests start in half the time when Node has compiled the same code before. It goes
  // with the package, so that it does not grow for ever.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled');
}

async function hashOfInputs(): Promise<string> {
  const hash = createHash('sha256');
  const patterns = [...inputs, ...packaged.map((path) => (path.includes('.') ? path : `${path}/**/*.*`))];
  const paths: string[] = [];
  for await (const path of glob(patterns, { cwd: root })) paths.push(path);
  for (const path of paths.toSorted()) {
    const content = await readFile(join(root, path));
    hash.update(`${path} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
