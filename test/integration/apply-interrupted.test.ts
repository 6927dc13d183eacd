import { link, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { UnsqueezeResult } from '../../src/workflows/unsqueeze-bundle.ts';
import { bundleIn, layeredBundle, makeDelta, wordsLayer } from '../support/delta-bundles.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { noise } from '../support/sample-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Loaded into every thread: sends the signal when so many bytes of the new bundle were written, in the middle of a write. */
const stopper = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const limit = Number(process.env.STOP_AT);
const write = fs.writeSync;
let sent = false;
let total = 0;
fs.writeSync = (fd, bytes, offset, length, position) => {
  const written = write(fd, bytes, offset, length, position);
  if (!isMainThread) total += written;
  if (!isMainThread && !sent && total >= limit) {
    sent = true;
    process.kill(process.pid, process.env.STOP_WITH);
  }
  return written;
};
syncBuiltinESMExports();
`;

/** Two versions of a bundle with files of several frames, which come behind the layer. */
let made: { readonly folder: string; readonly bytes: Buffer };
beforeAll(async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  const files = [1, 2, 3, 4, 5, 6].map((seed) => noise(5_000_000 - seed, seed));
  const old = await bundleIn(cwd, 'old.tar.zst', await layeredBundle({ images: [[wordsLayer(1)]], files }));
  const after = await layeredBundle({ images: [[wordsLayer(1, 'new')]], files });
  const direct = await bundleIn(cwd, 'direct.tar.zst', after);
  await makeDelta(direct, { bases: [old], output: join(cwd, 'new.delta.tar.zst') });
  made = { folder: cwd, bytes: after.bytes };
});
afterAll(async () => await rm(made.folder, { recursive: true }));

async function site(flags: readonly string[] = []) {
  const cwd = await temporaryFolder();
  for (const name of ['old.tar.zst', 'new.delta.tar.zst'])
    await link(join(made.folder, name), join(cwd, name));
  const stopping = join(cwd, 'stopper.mjs');
  await writeFile(stopping, stopper);
  const args = ['apply', 'new.delta.tar.zst', '--base', 'old.tar.zst', '--output', 'new.tar.zst', ...flags];
  const stop = async (signal: NodeJS.Signals, at: number) =>
    await runCli(args, {
      cwd,
      env: {
        NODE_OPTIONS: `--import ${pathToFileURL(stopping).href}`,
        STOP_AT: String(at),
        STOP_WITH: signal,
      },
    });
  return { cwd, bytes: made.bytes, args, stop };
}

test.each([
  ['SIGKILL', undefined],
  ['SIGINT', 130],
] as const)(
  'apply that %s ended goes on, and gives the same file',
  async (signal, code) => {
    const { cwd, bytes, args, stop } = await site();
    const at = 12_000_000;
    expect(await stop(signal, at)).toMatchObject({ code });
    const beside = async (): Promise<string[]> =>
      (await readdir(cwd)).filter((name) => name.startsWith('new.tar.zst'));
    const [left = ''] = await beside();
    expect(left).toMatch(/^new\.tar\.zst\.[0-9a-f]{12}\.partial$/);
    expect((await stat(join(cwd, left, 'content'))).size).toBeGreaterThanOrEqual(at);
    const { resumedBytes, bundle } = await runCliJson<UnsqueezeResult>(args, { cwd });
    expect(resumedBytes).toBeGreaterThan(at - 5_000_000);
    expect(resumedBytes).toBeLessThan(bytes.length);
    expect((await readFile(join(cwd, 'new.tar.zst'))).equals(bytes)).toBe(true);
    expect(bundle.size).toBe(bytes.length);
    expect((await beside()).toSorted()).toEqual(['new.tar.zst', 'new.tar.zst.sha256']);
  },
  60_000,
);

test('apply into parts that SIGKILL ended goes on, and gives the same parts', async () => {
  const { cwd, bytes, args, stop } = await site(['--split', '4MB']);
  const at = 12_000_000;
  expect(await stop('SIGKILL', at)).toMatchObject({ code: undefined });
  const { resumedBytes, bundle } = await runCliJson<UnsqueezeResult>(args, { cwd });
  expect(resumedBytes).toBeGreaterThan(at - 5_000_000);
  const names = bundle.parts?.files.map(({ name }) => name) ?? [];
  expect(names.length).toBeGreaterThan(5);
  const parts = await Promise.all(names.map(async (name) => await readFile(join(cwd, name))));
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  expect((await readdir(cwd)).filter((name) => name.includes('partial'))).toEqual([]);
}, 60_000);
