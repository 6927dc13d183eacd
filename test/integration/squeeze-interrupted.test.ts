import type { ChildProcess } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { SqueezeResult } from '../../src/workflows/squeeze-bundle.ts';
import { cliEntry } from '../support/cli-entry.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { imageToBundle, noise, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { smallDisk } from '../support/small-disk.ts';
import { addLayeredImage, gzipLayer, plainLayer, tarWith, wordyText } from '../support/squeezable-bundle.ts';
import { squeeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Takes a second to be written at level 19. */
const uncompressed = wordyText(1_500_000, 1);
const bytes = await bundleOf(uncompressed);

async function bundleOf(content: Buffer): Promise<Buffer> {
  const blobs = new MemoryBlobs();
  const layers = [gzipLayer(tarWith(wordyText(50_000, 2))), plainLayer(tarWith(content))];
  const image = imageToBundle('quay.io/org/app:1', await graphOf(blobs, addLayeredImage(blobs, layers)));
  const all = { ...(await sampleContent(new MemoryBlobs())), images: [image] };
  return (await writeSample(all, blobs, { frameContent: undefined, compressionLevel: 1 })).bytes;
}

/** Sends a signal as soon as layers have been looked at, and the bundle is being written. */
function signalAtWriting(child: ChildProcess, signal: NodeJS.Signals): void {
  let told = '';
  child.stderr?.on('data', (text: Buffer) => {
    told += String(text);
    // A second one ends it at once.
    if (!child.killed && told.includes('Looking at layers')) child.kill(signal);
  });
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 130],
  ['SIGKILL', undefined],
] as const)('%s leaves nothing but what was found out about layers', async (signal, code) => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'edge.tar.zst'), bytes);
  const args = ['squeeze', 'edge.tar.zst', '--effort', 'max'];
  const ended = await runCli(args, { cwd, onStart: (child) => signalAtWriting(child, signal) });
  expect(ended.code).toBe(code);
  const left = (await readdir(cwd)).toSorted();
  // Nobody removes what a process that was killed had begun, but the next one.
  const isBegun = (name: string) => signal === 'SIGKILL' && name.endsWith('.partial');
  expect(left.filter((name) => !isBegun(name))).toEqual(['cache', 'edge.tar.zst']);
  const recipes = (await readdir(join(cwd, 'cache'), { recursive: true })).filter((name) =>
    /[0-9a-f]{64}\.json$/.test(name),
  );
  expect(recipes).toHaveLength(1);
  const { bundle } = await runCliJson<SqueezeResult>([...args.slice(0, 2), '--effort', 'fast'], { cwd });
  expect(bundle.path).toBe('edge.squeezed.tar.zst');
  expect((await readdir(cwd)).toSorted()).toEqual([
    'cache',
    'edge.squeezed.tar.zst',
    'edge.squeezed.tar.zst.sha256',
    'edge.tar.zst',
  ]);
});

test('a disk that is full is told of, and nothing is left on it', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'edge.tar.zst');
  await writeFile(path, await bundleOf(noise(1_000_000, 3)));
  await using disk = await smallDisk(1_500_000);
  const output = join(disk.path, 'edge.squeezed.tar.zst');
  expect(await rejection(squeeze(path, { output }))).toMatchObject({ code: 'DISK_FULL', kind: 'disk' });
  expect(await readdir(disk.path)).toEqual([]);
});

test.each([
  [['squeeze', 'edge.squeezed.tar.zst'], 2, 'ALREADY_SQUEEZED'],
  [['unsqueeze', 'edge.tar.zst'], 2, 'NOT_SQUEEZED'],
  [['squeeze', 'missing.tar.zst'], 4, 'FILE_NOT_FOUND'],
  [['unsqueeze', 'notes.txt'], 5, 'NOT_A_BUNDLE'],
])('%j ends with %i', async (args, code, error) => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'edge.tar.zst'), bytes);
  await writeFile(join(cwd, 'notes.txt'), 'notes');
  await squeeze(join(cwd, 'edge.tar.zst'));
  const ended = await runCli(args, { cwd });
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({
    code,
    stderr: expect.stringContaining(`Code: ${error}\n`),
  });
});

test('one processor gives the same bytes as all of them', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'edge.tar.zst'), bytes);
  const alone = await squeeze(join(cwd, 'edge.tar.zst'), { output: join(cwd, 'here.tar.zst') });
  const args = ['squeeze', 'edge.tar.zst', '--effort', 'fast', '--output', 'one.tar.zst'];
  const onOne = ['0', process.execPath, cliEntry, ...args];
  const { code } = await runCli(onOne, { cwd, node: requireTool('taskset'), entry: '-c' });
  expect(code).toBe(0);
  expect((await readFile(join(cwd, 'one.tar.zst'))).equals(await readFile(alone.bundle.path))).toBe(true);
});
