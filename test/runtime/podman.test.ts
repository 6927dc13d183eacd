import { chmod, chown, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { afterEach, expect, test, vi } from 'vitest';

import { podman } from '../../src/runtime/podman.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const { signal } = new AbortController();

async function* archive(): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(Buffer.from('an image'));
}

/** Puts a podman on the PATH that keeps what it gets in its temporary folder, and lists what is beside that. */
async function keepingPodman(): Promise<string> {
  const folder = await temporaryFolder();
  const lines = ['#!/bin/sh', 'cat > "$TMPDIR/archive"', `ls "$TMPDIR/.." > '${join(folder, 'seen')}'`, ''];
  await writeFile(join(folder, 'podman'), lines.join('\n'));
  await chmod(join(folder, 'podman'), 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
  return join(folder, 'seen');
}

const partial = (digit: string): string => `palette-edge-podman.${digit.repeat(12)}.partial`;

async function leave(parent: string, digit: string): Promise<string> {
  const folder = join(parent, partial(digit));
  await mkdir(folder);
  await writeFile(join(folder, 'archive'), 'half');
  return folder;
}

test('an archive is kept in a folder of its own that is gone afterwards', async () => {
  const seen = await keepingPodman();
  const parent = await temporaryFolder();
  await podman(parent).load(archive(), signal);
  expect(await readFile(seen, 'utf8')).toMatch(/^palette-edge-podman\.[0-9a-f]{12}\.partial\n$/);
  expect(await readdir(parent)).toEqual([]);
});

test('what a killed load left is removed once nothing was written to it for an hour', async () => {
  await keepingPodman();
  const parent = await temporaryFolder();
  const old = await leave(parent, 'a');
  const growing = await leave(parent, 'b');
  await leave(parent, 'c');
  await mkdir(join(parent, 'palette-edge-podman-a'));
  await utimes(join(old, 'archive'), 0, 0);
  for (const folder of [old, growing, join(parent, 'palette-edge-podman-a')]) await utimes(folder, 0, 0);
  await podman(parent).load(archive(), signal);
  expect((await readdir(parent)).toSorted()).toEqual(
    [partial('b'), partial('c'), 'palette-edge-podman-a'].toSorted(),
  );
});

test('those of other users stay', async () => {
  await keepingPodman();
  const parent = await temporaryFolder();
  const other = await leave(parent, 'd');
  // Only root can give folders away; for others all that they can make is their own.
  const isGiven = await chown(other, 4242, 4242).then(
    () => true,
    () => false,
  );
  await utimes(join(other, 'archive'), 0, 0);
  await utimes(other, 0, 0).catch(() => undefined);
  await podman(parent).load(archive(), signal);
  expect(await readdir(parent)).toEqual(isGiven ? [partial('d')] : []);
});
