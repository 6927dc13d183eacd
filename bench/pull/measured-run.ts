import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { timedRun } from '../timed-run.ts';
import type { Taken } from './measure.ts';

const measureScript = fileURLToPath(new URL('measure.ts', import.meta.url));

/** What a run took; with `synced`, the seconds until all that it wrote is on the disk. */
export interface Figures extends Taken {
  readonly synced: number;
}

/**
 * Runs a script of the shell in a folder, which is also its home and its place for temporary files, to its end.
 *
 * @throws Error with the end of what it said when it fails
 */
export async function measuredRun(script: string, folder: string, path: string): Promise<Figures> {
  const result = join(folder, '..', 'taken.json');
  await timedRun(['sync'], { cwd: folder });
  const command = [measureScript, result, 'sh', '-ec', script] as const;
  const env = { HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: join(folder, '.cache'), PATH: path };
  await timedRun([process.execPath, ...command], { cwd: folder, env });
  const syncing = await timedRun(['sync'], { cwd: folder });
  const taken: Taken = JSON.parse(await readFile(result, 'utf8'));
  return { ...taken, synced: taken.seconds + syncing };
}
