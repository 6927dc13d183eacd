import { execFile } from 'node:child_process';
import { mkdir, open as openFile, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test, vi } from 'vitest';

import { planBundle } from '../../src/bundle/plan-bundle.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import type { WriteOutputOptions } from '../../src/workflows/write-output.ts';
import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { sampleContent } from '../support/sample-bundle.ts';
import { MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function optionsFor(path: string): Promise<WriteOutputOptions> {
  const blobs = new MemoryBlobs();
  return {
    plan: planBundle(await sampleContent(blobs)),
    blobs,
    path,
    compressionLevel: 3,
    signal: new AbortController().signal,
    onBytes: () => undefined,
  };
}

const silent = { onStart: () => undefined, onBytes: () => undefined };

test('a bundle is written into a folder that is made for it, beside a checksum that sha256sum takes', async () => {
  const path = join(await temporaryFolder(), 'content-1a2b3c4d', 'core-edge.tar.zst');
  const written = await writeOutput(await optionsFor(path));
  expect(await readdir(dirname(path))).toEqual(['core-edge.tar.zst', 'core-edge.tar.zst.sha256']);
  expect(await readFile(`${path}.sha256`, 'utf8')).toBe(`${written.sha256.slice(7)}  core-edge.tar.zst\n`);
  const check = promisify(execFile)('sha256sum', ['-c', 'core-edge.tar.zst.sha256'], { cwd: dirname(path) });
  expect((await check).stdout).toBe('core-edge.tar.zst: OK\n');
  const { problems } = await verifyBundle(path, silent, new AbortController().signal);
  expect(problems).toEqual([]);
});

test('an older bundle and checksum are replaced', async () => {
  const path = join(await temporaryFolder(), 'edge.tar.zst');
  await writeFile(path, 'old');
  await writeFile(`${path}.sha256`, 'old');
  const { size, sha256 } = await writeOutput(await optionsFor(path));
  expect((await readFile(path)).length).toBe(size);
  expect(await readFile(`${path}.sha256`, 'utf8')).toContain(sha256.slice(7));
});

test('a bundle has no name together with the checksum of an older one', async () => {
  // Stands for a run that was killed in between: the checksum cannot be written, as its name is too long for a partial file.
  const path = join(await temporaryFolder(), `${'n'.repeat(221)}.tar.zst`);
  await writeFile(path, 'old');
  await writeFile(`${path}.sha256`, 'old');
  expect(await rejection(writeOutput(await optionsFor(path)))).toMatchObject({ kind: 'disk' });
  expect((await readFile(path)).length).toBeGreaterThan(1000);
  expect(await readFile(`${path}.sha256`, 'utf8')).toBe('');
});

test('an older bundle keeps its checksum when the disk fails at the end', async () => {
  const path = join(await temporaryFolder(), 'edge.tar.zst');
  await writeFile(path, 'old');
  await writeFile(`${path}.sha256`, 'of the old');
  await using probe = await openFile(path);
  const failure = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
  const sync = vi.spyOn(Object.getPrototypeOf(probe), 'datasync').mockRejectedValue(failure);
  expect(await rejection(writeOutput(await optionsFor(path)))).toMatchObject({ kind: 'disk' });
  sync.mockRestore();
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readFile(`${path}.sha256`, 'utf8')).toBe('of the old');
});

test('a bundle that a link stands for is written where the link leads, and the link stays', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'disk'));
  await writeFile(join(folder, 'disk', 'real'), '');
  await symlink('disk/real', join(folder, 'edge.tar.zst'));
  const { size } = await writeOutput(await optionsFor(join(folder, 'edge.tar.zst')));
  expect(await readlink(join(folder, 'edge.tar.zst'))).toBe('disk/real');
  expect((await readFile(join(folder, 'disk', 'real'))).length).toBe(size);
  expect(await readdir(folder)).toEqual(['disk', 'edge.tar.zst', 'edge.tar.zst.sha256']);
  expect(await readdir(join(folder, 'disk'))).toEqual(['real']);
  await promisify(execFile)('sha256sum', ['-c', 'edge.tar.zst.sha256'], { cwd: folder });
});

/** Options whose blobs fail at the first layer. */
async function failing(path: string, error: Error): Promise<WriteOutputOptions> {
  const options = await optionsFor(path);
  const open: WriteOutputOptions['blobs']['open'] = async (blob, how) => {
    if (blob.size > 4000) throw error;
    return await options.blobs.open(blob, how);
  };
  return { ...options, blobs: { sizeOf: options.blobs.sizeOf.bind(options.blobs), open } };
}

test('a failure leaves nothing behind, not even the folder that was made', async () => {
  const folder = await temporaryFolder();
  const error = new PaletteEdgeError('BLOB_NOT_FOUND', 'it has gone', { kind: 'notFound' });
  const options = await failing(join(folder, 'content-1a2b3c4d', 'edge.tar.zst'), error);
  expect(await rejection(writeOutput(options))).toBe(error);
  expect(await readdir(folder)).toEqual([]);
});

test('a failure leaves the folder of the user, even when it is empty, and an older bundle', async () => {
  const folder = await temporaryFolder();
  const error = new PaletteEdgeError('BLOB_NOT_FOUND', 'it has gone', { kind: 'notFound' });
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'edge.tar.zst'), 'old');
  await writeFile(join(folder, 'edge.tar.zst.sha256'), 'old checksum');
  await rejection(writeOutput(await failing(join(folder, 'empty', 'edge.tar.zst'), error)));
  await rejection(writeOutput(await failing(join(folder, 'edge.tar.zst'), error)));
  expect(await readdir(folder)).toEqual(['edge.tar.zst', 'edge.tar.zst.sha256', 'empty']);
  expect(await readFile(join(folder, 'edge.tar.zst'), 'utf8')).toBe('old');
  expect(await readFile(join(folder, 'edge.tar.zst.sha256'), 'utf8')).toBe('old checksum');
});

test('a place that cannot be written to is named', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'file'), '');
  const path = join(folder, 'file', 'folder', 'edge.tar.zst');
  const error = await rejection(writeOutput(await optionsFor(path)));
  expect(error).toMatchObject({ code: 'NOT_A_FOLDER', kind: 'usage' });
  expect(error.message).toBe(
    `writing the bundle to ${path} failed: a part of the path is a file, not a folder`,
  );
});

test('a path that is a folder is named', async () => {
  const path = join(await temporaryFolder(), 'taken');
  await mkdir(join(path, 'full'), { recursive: true });
  const error = await rejection(writeOutput(await optionsFor(path)));
  expect(error).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
  expect(error.message).toContain(path);
});
