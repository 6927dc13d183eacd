import { lstat, open, readdir, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { isRecord } from '../io/is-record.ts';
import { toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { isRunning, ownIdentity, parseIdentity } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { leaseFolder, leasePath } from './store-layout.ts';
import { unlessMissing } from './unless-missing.ts';

/** The lease of a process that lives, or may live. */
export interface LiveLease {
  readonly path: string;
  readonly digests: ReadonlySet<Digest>;
}

const namePattern = /^[0-9a-f]{12}\.lease$/;

/**
 * A process of which nothing else can be known, because it is on another host or in another container, is dead after so long
 * without a heartbeat: twenty of them.
 */
const silentMs = 10 * 60 * 1000;

const dayMs = 24 * 60 * 60 * 1000;

/** A million digests: no build has as many. */
const longestLease = 65 * 1024 * 1024;
const headSize = 4096;

/**
 * Reads the leases of a store.
 *
 * @param now by the clock of the file system, in milliseconds since 1970: other hosts may have another one
 * @throws PaletteEdgeError `STORE_LEASE_INVALID` (kind content) for one that may be alive and cannot be understood; the
 *   system's errors: then nobody knows what is needed
 */
export async function readLeases(folder: string, now: number): Promise<LiveLease[]> {
  const leases: LiveLease[] = [];
  const own = await ownIdentity();
  for (const path of await leasePaths(folder)) {
    if (await isDead(path, now, own)) continue;
    const digests = await readDigests(path);
    if (digests !== undefined) leases.push({ path, digests });
  }
  return leases;
}

/** Whether the process of a lease lives, or may. */
export async function isLive(folder: string, id: string): Promise<boolean> {
  return !(await isDead(leasePath(folder, id), Date.now(), await ownIdentity()));
}

/**
 * Removes leases of processes that are surely dead, whatever the clock of this host says. What cannot be removed is somebody else's,
 * and harmless.
 */
export async function removeDeadLeases(folder: string): Promise<void> {
  const own = await ownIdentity();
  const now = Date.now() - dayMs;
  for (const path of await leasePaths(folder)) {
    if (await isDead(path, now, own).catch(() => false))
      await rm(path, { force: true }).catch(() => undefined);
  }
}

async function leasePaths(folder: string): Promise<string[]> {
  const names = (await unlessMissing(readdir(leaseFolder(folder)))) ?? [];
  return names.filter((name) => namePattern.test(name)).map((name) => join(leaseFolder(folder), name));
}

/** One that is gone is dead, too. */
async function isDead(path: string, now: number, own: ProcessIdentity | undefined): Promise<boolean> {
  const status = await unlessMissing(lstat(path));
  if (status?.isFile() !== true) return true;
  const identity = await readIdentity(path);
  const isAlive = identity === undefined ? undefined : await isRunning(identity, own);
  if (isAlive !== undefined) return !isAlive;
  return now - status.mtimeMs > silentMs;
}

async function readIdentity(path: string): Promise<ProcessIdentity | undefined> {
  const text = await readStart(path);
  const head = parseHead(text?.split('\n', 1)[0] ?? '');
  return head === undefined ? undefined : parseIdentity(head['process']);
}

/** @returns undefined when it cannot be read: then its silence tells */
async function readStart(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headSize), 0, headSize, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** @returns undefined when the lease is gone */
async function readDigests(path: string): Promise<ReadonlySet<Digest> | undefined> {
  const file = await openLease(path);
  if (file === undefined) return undefined;
  try {
    if ((await file.stat()).size > longestLease)
      throw invalid(path, `it is longer than ${longestLease} bytes`);
    const [head, ...lines] = (await file.readFile('utf8')).split('\n');
    // Empty: its process has made it, and relies on nothing yet. A line without its end is not relied on either.
    if (head === undefined || lines.length === 0) return new Set();
    if (parseHead(head)?.['version'] !== 1) throw invalid(path, 'its first line is none of this version');
    return new Set(lines.filter((line) => /^[0-9a-f]{64}$/.test(line)).map((line) => toDigest(line)));
  } finally {
    await file.close();
  }
}

async function openLease(path: string): Promise<FileHandle | undefined> {
  try {
    return await unlessMissing(open(path, 'r'));
  } catch (error) {
    throw wordDiskError(error, `reading the lease ${path}`);
  }
}

function parseHead(line: string): Record<string, unknown> | undefined {
  try {
    const head: unknown = JSON.parse(line);
    return isRecord(head) ? head : undefined;
  } catch {
    return undefined;
  }
}

function invalid(path: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('STORE_LEASE_INVALID', `reading the lease ${path} failed: ${reason}`, {
    kind: 'content',
    suggestions: [
      'It may be of a running palette-edge of another version: wait for its end. If there is none, delete the file.',
    ],
  });
}
