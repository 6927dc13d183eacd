import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { systemErrorCode } from '../errors.ts';
import { blockDeviceNumber } from '../io/device-number.ts';
import type { DriveSystem } from './drive-system.ts';
import { parseMountTable } from './mount-table.ts';
import type { Mount } from './mount-table.ts';

/** Something that a device is in use for. */
export interface DeviceUse {
  /** The device itself: a partition, a volume, … */
  readonly path: string;
  readonly kind: 'mounted' | 'swap' | 'part of' | 'attached to';
  /** Where it is mounted, or what it is part of. */
  readonly place: string;
  /** Only where another mount namespace has it: a process that is in there. */
  readonly byProcess: string | undefined;
}

/** What devices are in use for, by their numbers, as far as lsblk does not say it. */
export type DeviceUses = ReadonlyMap<string, readonly Omit<DeviceUse, 'path'>[]>;

type Use = Omit<DeviceUse, 'path'>;

/**
 * Looks at the mounts of all mount namespaces that may be seen (root sees all), at swap space, and at loop devices over
 * other devices.
 */
export async function readDeviceUses(system: DriveSystem): Promise<DeviceUses> {
  const uses = new Map<string, Use[]>();
  const add = (number: string | undefined, use: Use): void => {
    if (number === undefined) return;
    const known = uses.get(number) ?? [];
    if (known.some(({ kind, place }) => kind === use.kind && place === use.place)) return;
    uses.set(number, [...known, use]);
  };
  for (const { mount, byProcess } of await allMounts(system.proc)) {
    const use: Use = { kind: 'mounted', place: mount.mountPoint, byProcess };
    add(mount.number, use);
    // Btrfs and others have numbers of their own; their source is one of their devices.
    if (mount.source.startsWith('/dev/')) add(await blockDeviceNumber(mount.source), use);
  }
  for (const path of await swapPaths(system.proc)) {
    add(await blockDeviceNumber(path), { kind: 'swap', place: '[SWAP]', byProcess: undefined });
  }
  for (const { loop, backing } of await loopDevices(system.sys)) {
    add(await blockDeviceNumber(backing), { kind: 'attached to', place: loop, byProcess: undefined });
  }
  return uses;
}

interface SeenMount {
  readonly mount: Mount;
  readonly byProcess: string | undefined;
}

/** Our own first: what is mounted here needs no word about a process. */
async function allMounts(proc: string): Promise<SeenMount[]> {
  const found: SeenMount[] = [];
  const seen = new Set<string>();
  const processes = (await namesIn(proc)).filter((name) => /^\d+$/.test(name));
  for (const id of ['self', ...processes]) {
    const namespace = await unlessGone(readlink(join(proc, id, 'ns', 'mnt')));
    if (namespace === undefined || seen.has(namespace)) continue;
    const text = await unlessGone(readFile(join(proc, id, 'mountinfo'), 'utf8'));
    if (text === undefined) continue;
    seen.add(namespace);
    const name = id === 'self' ? undefined : await unlessGone(readFile(join(proc, id, 'comm'), 'utf8'));
    const byProcess = id === 'self' ? undefined : `${id} (${name?.trim() ?? 'unknown'})`;
    found.push(...parseMountTable(text).map((mount) => ({ mount, byProcess })));
  }
  return found;
}

/** See proc_swaps(5): a heading, then a path first in each line. */
async function swapPaths(proc: string): Promise<string[]> {
  const text = (await unlessGone(readFile(join(proc, 'swaps'), 'utf8'))) ?? '';
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split(/\s+/, 1))
    .filter((path) => path.startsWith('/'));
}

/** Loop devices that are set up, and what is behind them. */
async function loopDevices(sys: string): Promise<{ readonly loop: string; readonly backing: string }[]> {
  const names = (await namesIn(join(sys, 'block'))).filter((name) => /^loop\d+$/.test(name));
  const pairs = names.map(async (name) => ({
    loop: `/dev/${name}`,
    backing: await loopBacking(sys, name),
  }));
  return (await Promise.all(pairs)).flatMap(({ loop, backing }) =>
    backing === undefined ? [] : [{ loop, backing }],
  );
}

/** The file or device behind a loop device, such as `loop0`; undefined for one that is not set up, and for other devices. */
export async function loopBacking(sys: string, name: string): Promise<string | undefined> {
  const text = await unlessGone(readFile(join(sys, 'block', name, 'loop', 'backing_file'), 'utf8'));
  if (text === undefined) return undefined;
  const path = text.replace(/\n$/, '');
  return (await unlessGone(realpath(path))) ?? path;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await unlessGone(readdir(folder))) ?? [];
}

/** Processes and drives come and go while they are looked at, and others are nobody's business. */
async function unlessGone<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}
