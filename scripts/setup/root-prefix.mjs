import { spawnSync } from 'node:child_process';

import { onPath } from './on-path.mjs';

/** What to put before a command to run it as root; undefined when that is not possible without asking. */
export function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!onPath('sudo')) return undefined;
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}
