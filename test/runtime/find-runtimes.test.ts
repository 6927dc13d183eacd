import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { findRuntimes, firstThere, onlyRuntime } from '../../src/runtime/find-runtimes.ts';
import type { RuntimePlaces } from '../../src/runtime/find-runtimes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Places in an empty folder, of which some are made. */
async function places(programs: Iterable<'ctr' | 'podman' | 'docker'>, ...made: readonly string[]) {
  const folder = await temporaryFolder();
  for (const name of made) {
    await (name.endsWith('.sock') ? writeFile(join(folder, name), '') : mkdir(join(folder, name)));
  }
  const there: RuntimePlaces = {
    programs: new Set(programs),
    containerdSockets: [join(folder, 'a.sock'), join(folder, 'b.sock')],
    dockerSocket: join(folder, 'docker.sock'),
    k3sFolder: join(folder, 'k3s'),
    rke2Folder: join(folder, 'rke2'),
  };
  return { there, folder };
}

test('a program counts with what it speaks to', async () => {
  const find = async (...args: Parameters<typeof places>) =>
    await findRuntimes((await places(...args)).there);
  expect(await find([])).toEqual([]);
  expect(await find(['ctr', 'docker'])).toEqual([]);
  expect(await find([], 'a.sock', 'docker.sock')).toEqual([]);
  expect(await find(['podman'])).toEqual(['podman']);
  expect(await find(['ctr'], 'b.sock')).toEqual(['containerd']);
  expect(await find(['docker'], 'docker.sock')).toEqual(['docker']);
  expect(await find([], 'k3s')).toEqual(['k3s']);
  const all = ['a.sock', 'docker.sock', 'k3s', 'rke2'];
  expect(await find(['docker', 'podman', 'ctr'], ...all)).toEqual([
    'containerd',
    'podman',
    'docker',
    'k3s',
    'rke2',
  ]);
});

test('a docker elsewhere needs no socket', async () => {
  const { there } = await places(['docker']);
  expect(await findRuntimes({ ...there, dockerSocket: undefined })).toEqual(['docker']);
});

test('the first place that is there counts', async () => {
  const { there, folder } = await places([], 'b.sock');
  expect(await firstThere(there.containerdSockets)).toBe(join(folder, 'b.sock'));
  expect(await firstThere([])).toBeUndefined();
});

test('only one is taken', () => {
  expect(onlyRuntime(['podman'])).toBe('podman');
  expect(() => onlyRuntime([])).toThrow('nothing to load into was found');
  expect(() => onlyRuntime(['containerd', 'k3s'])).toThrow('found containerd, k3s');
});
