import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { PaletteEdgeError, systemErrorCode } from '../errors.ts';
import { makeFolder } from '../io/make-folder.ts';
import { identityIn, isRunning, ownIdentity } from '../store/process-identity.ts';
import { unlessMissing } from '../store/unless-missing.ts';

/** How long others are waited for, and how often the lock is looked at. What is done under it takes less than a second. */
const patienceMs = 30_000;
const stepMs = 20;
/** A process on another host or in another container, of which nothing else can be known, is gone after so long. */
const silentMs = 20_000;

/**
 * Does something while no other process does it for the same file: `PATH.lock` is there meanwhile. What a killed process leaves of it
 * is taken away by the next one.
 *
 * @param patience milliseconds that another process is waited for
 * @throws PaletteEdgeError `FLEET_STATE_LOCKED` (kind disk) when another process does not end; system errors
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  patience = patienceMs,
): Promise<T> {
  const lock = `${path}.lock`;
  await makeFolder(dirname(path));
  const text = `${JSON.stringify({ version: 1, process: await ownIdentity(), key: randomBytes(6).toString('hex') })}\n`;
  const end = performance.now() + patience;
  while (!(await isTaken(lock, text))) {
    await removeDead(lock);
    if (performance.now() > end) throw locked(path, lock, patience);
    await setTimeout(stepMs);
  }
  try {
    return await work();
  } finally {
    // Whoever waited too long may have taken it away, and made one of its own.
    if ((await textOf(lock)) === text) await rm(lock, { force: true });
  }
}

/** Whether the lock is this one's now. One without all of its text is somebody's who makes it, or was killed then. */
async function isTaken(lock: string, text: string): Promise<boolean> {
  try {
    await writeFile(lock, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeDead(lock: string): Promise<void> {
  const text = await textOf(lock);
  if (text === undefined || !(await isDead(lock, text))) return;
  const aside = `${lock}.${randomBytes(6).toString('hex')}.partial`;
  // Of several who find it dead, one gets it; when that was the lock of another who was faster, it is given back.
  if ((await unlessMissing(rename(lock, aside).then(() => true))) === undefined) return;
  if ((await textOf(aside)) !== text) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isDead(lock: string, text: string): Promise<boolean> {
  const identity = identityIn(text);
  const isAlive = identity === undefined ? undefined : await isRunning(identity, await ownIdentity());
  if (isAlive !== undefined) return !isAlive;
  const status = await unlessMissing(stat(lock));
  return status !== undefined && Date.now() - status.mtimeMs > silentMs;
}

async function textOf(path: string): Promise<string | undefined> {
  return await unlessMissing(readFile(path, 'utf8'));
}

function locked(path: string, lock: string, patience: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'FLEET_STATE_LOCKED',
    `${path}: another run writes it, for ${patience / 1000} s now`,
    {
      kind: 'disk',
      suggestions: [`Run the command again. If no other run is there, remove ${lock}.`],
    },
  );
}
