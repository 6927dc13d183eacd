import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';

import { root } from './project-folder.mjs';

/** Runs a program; what it says goes to stderr. Gives its exit code, or null when it did not run. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options });
  if (error) console.error(`setup: ${command}: ${error.message}`);
  return status;
}

/** Runs npm with the Node in `nodeFolder`; what it says goes to stderr. */
export function npm(args, nodeFolder, cwd = root) {
  const path = `${nodeFolder}${delimiter}${process.env.PATH}`;
  return run('npm', args, { cwd, env: { ...process.env, PATH: path }, shell: process.platform === 'win32' });
}

/** Tells, on stderr, what setup is about to do. */
export function say(text) {
  console.error(`setup: ${text}`);
}
