import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, onTestFinished, test } from 'vitest';

import { partNames } from '../../src/bundle/part-name.ts';
import { parsePartsList } from '../../src/bundle/parts-list.ts';
import { HashThread } from '../../src/io/hash-thread.ts';
import { openBundle } from '../../src/workflows/open-bundle.ts';
import { writeOutput } from '../../src/workflows/write-output.ts';
import { splitBundle, splitName, splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesOf } from './files-of.ts';

const run = promisify(execFile);

async function opened(path: string): Promise<AsyncDisposable & { readonly id: string }> {
  const reader = await openBundle(path);
  return { id: reader.id, [Symbol.asyncDispose]: async () => await reader.close() };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test.each([8192, 8193, 1000, 777, 100_000])(
  'parts of %i bytes, joined by cat in the order of their names, are the bundle in one file',
  async (partSize) => {
    const folder = await temporaryFolder();
    const whole = join(folder, 'whole.tar.zst');
    await writeOutput({ ...(await splitOptions(folder)), path: whole, split: undefined });
    const {
      path,
      size,
      sha256: digest,
      parts,
    } = await splitBundle(folder, {
      split: { partSize, style: 'plain' },
    });
    await run('sh', ['-c', `cat '${path}'.part[0-9]* | cmp - '${whole}'`]);
    expect(parts.map(({ name }) => name)).toEqual(partNames(splitName, Math.ceil(size / partSize), 'plain'));
    for (const part of parts) {
      const bytes = await readFile(join(folder, part.name));
      expect(part).toEqual({ name: part.name, size: bytes.length, sha256: sha256(bytes) });
    }
    expect(parts.slice(0, -1).every((part) => part.size === partSize)).toBe(true);
    expect(digest).toBe(`sha256:${sha256(await readFile(whole))}`);
  },
);

test('they are the same when a thread hashes and writes them', async () => {
  const [here, there] = [await temporaryFolder(), await temporaryFolder()];
  const hasher = new HashThread();
  onTestFinished(async () => await hasher[Symbol.asyncDispose]());
  await splitBundle(here, { split: { partSize: 1500, style: 'plain' } });
  await splitBundle(there, { split: { partSize: 1500, style: 'plain' }, hasher });
  expect(await filesOf(there)).toEqual(await filesOf(here));
});

test('beside them lie a list of all, and checksums that sha256sum takes; nothing else', async () => {
  const folder = await temporaryFolder();
  const options = await splitOptions(folder);
  const { list, parts, path, size, sha256: digest } = await splitBundle(folder);
  expect(await readdir(folder)).toEqual([
    ...parts.map(({ name }) => name),
    'edge.tar.zst.parts.json',
    'edge.tar.zst.sha256',
  ]);
  expect(list).toBe(`${path}.parts.json`);
  expect(parsePartsList(await readFile(list), list)).toEqual({
    tool: { name: 'palette-edge', version: '0.1.0' },
    bundle: { name: splitName, size, sha256: digest.slice(7), id: options.plan.id },
    parts,
  });
  const { stdout } = await run('sha256sum', ['-c', 'edge.tar.zst.sha256'], { cwd: folder });
  expect(stdout).toBe(parts.map(({ name }) => `${name}: OK\n`).join(''));
});

test('in the style of CanvOS they are called as its script calls them', async () => {
  const folder = await temporaryFolder();
  await writeOutput({ ...(await splitOptions(folder)), split: undefined });
  await run('split', ['--bytes=8192', '--numeric-suffixes', splitName, `${splitName}_part`], { cwd: folder });
  const expected = new Map([...(await filesOf(folder))].filter(([name]) => name.includes('_part')));
  const other = await temporaryFolder();
  await splitBundle(other, { split: { partSize: 8192, style: 'canvos' } });
  const written = new Map([...(await filesOf(other))].filter(([name]) => name.includes('_part')));
  expect(expected.size).toBeGreaterThan(1);
  expect(written).toEqual(expected);
});

test('a bundle that fits into one part has one', async () => {
  const folder = await temporaryFolder();
  const { parts } = await splitBundle(folder, { split: { partSize: 10_000_000, style: 'plain' } });
  expect(parts.map(({ name }) => name)).toEqual(['edge.tar.zst.part00']);
});

test('what an older and longer bundle has left is removed, of either style and any number of digits', async () => {
  const folder = await temporaryFolder();
  const many = await splitBundle(folder, { split: { partSize: 150, style: 'plain' } });
  expect(many.parts.length).toBeGreaterThan(100);
  expect(many.parts[0]?.name).toBe('edge.tar.zst.part000');
  await splitBundle(folder, { split: { partSize: 8192, style: 'canvos' } });
  const { parts } = await splitBundle(folder, { split: { partSize: 9000, style: 'plain' } });
  expect(await readdir(folder)).toEqual([
    ...parts.map(({ name }) => name),
    'edge.tar.zst.parts.json',
    'edge.tar.zst.sha256',
  ]);
});

test('nothing is removed that the older list does not name, or that is not as long as it says', async () => {
  const folder = await temporaryFolder();
  const { parts } = await splitBundle(folder, { split: { partSize: 1000, style: 'plain' } });
  const last = parts.at(-1)?.name ?? '';
  await writeFile(join(folder, last), 'notes');
  await writeFile(join(folder, splitName), 'a bundle in one file');
  await writeFile(join(folder, 'other.tar.zst.part00'), 'of another bundle');
  const list = JSON.parse(await readFile(join(folder, `${splitName}.parts.json`), 'utf8'));
  list.parts.push({ name: 'keys.pem', size: 4, sha256: '0'.repeat(64) });
  list.bundle.size += 4;
  await writeFile(join(folder, `${splitName}.parts.json`), JSON.stringify(list));
  await writeFile(join(folder, 'keys.pem'), 'keys');
  await splitBundle(folder);
  expect(await readFile(join(folder, last), 'utf8')).toBe('notes');
  expect(await readdir(folder)).toEqual(
    expect.arrayContaining([splitName, 'other.tar.zst.part00', 'keys.pem']),
  );
});

test('an older bundle in one file goes when the parts are complete: the name stands for the new one', async () => {
  const folder = await temporaryFolder();
  await writeOutput({ ...(await splitOptions(folder, { seed: 1 })), split: undefined });
  const { list, parts, path } = await splitBundle(folder);
  await using reader = await opened(path);
  expect(reader.id).toBe(parsePartsList(await readFile(list), list).bundle.id);
  expect(await readdir(folder)).toEqual([
    ...parts.map(({ name }) => name),
    'edge.tar.zst.parts.json',
    'edge.tar.zst.sha256',
  ]);
});

test('a bundle in one file removes the parts of an older one, whichever style, and what a killed build left of it', async () => {
  const folder = await temporaryFolder();
  await splitBundle(folder, { split: { partSize: 5000, style: 'canvos' } });
  await rename(
    join(folder, `${splitName}.parts.json`),
    join(folder, `${splitName}.parts.json.0123456789ab.partial`),
  );
  await writeFile(join(folder, `${splitName}.part07`), 'in no list');
  await writeOutput({ ...(await splitOptions(folder)), split: undefined });
  expect(await readdir(folder)).toEqual([splitName, `${splitName}.part07`, `${splitName}.sha256`]);
});

test('parts that are longer or shorter than their list says stay beside a bundle in one file', async () => {
  const folder = await temporaryFolder();
  await splitBundle(folder);
  await writeFile(join(folder, `${splitName}.part01`), 'notes');
  await writeOutput({ ...(await splitOptions(folder)), split: undefined });
  expect(await readdir(folder)).toEqual([splitName, `${splitName}.part01`, `${splitName}.sha256`]);
});
