import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** The executable for this machine; what was built from the same sources is taken as it is. @returns its path */
export async function standaloneProgram(): Promise<string> {
  await run(process.execPath, [join(root, 'scripts/build-standalone.mjs'), '--arch', process.arch]);
  return join(root, 'standalone', `palette-edge-linux-${process.arch}`);
}
