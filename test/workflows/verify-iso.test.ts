import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { hashHere } from '../../src/io/hash-thread.ts';
import { formatChecksums } from '../../src/iso/iso-checksums.ts';
import { isoInspectView } from '../../src/views/iso-inspect-view.ts';
import { isoVerifyView } from '../../src/views/iso-verify-view.ts';
import { inspectIso } from '../../src/workflows/inspect-iso.ts';
import { verifyIso } from '../../src/workflows/verify-iso.ts';
import type { VerifyIsoResult } from '../../src/workflows/verify-iso.ts';
import { bundleSigner } from '../support/bundle-signer.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { foreignIso, sampleEntries, sampleIso, sourceFolder } from '../support/sample-iso.ts';
import { sampleBundle } from '../support/sample-bundle.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filesHeldOpen } from './files-held-open.ts';

const listener = { onPhase: () => undefined, onBytes: () => undefined };

async function verify(path: string): Promise<VerifyIsoResult> {
  return await verifyIso(path, { hasher: hashHere, listener }, new AbortController().signal);
}

/** An image with a bundle and notes. */
async function usualIso(): Promise<{ path: string; id: string }> {
  const { folder, path, sample } = await bundleFile();
  await writeFile(join(folder, 'notes.txt'), 'some notes');
  const files = [{ path: join(folder, 'notes.txt'), name: 'notes.txt' }];
  const iso = await makeIso([path], { folder: 'c', files });
  return { path: iso.path, id: sample.plan.id };
}

/** Changes the first byte of a text in a file. */
async function damage(path: string, text: string | Uint8Array, offset = 0): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf(text) + offset;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
}

test('a whole image has no problems', async () => {
  const { path, id } = await usualIso();
  const result = await verify(path);
  expect(result).toMatchObject({
    path,
    label: 'COS_CONTENT',
    files: 3,
    bundles: [{ path: 'c/edge.tar.zst', id, name: 'edge-demo', problems: [] }],
    problems: [],
  });
  expect(isoVerifyView(result)).toBe(
    `${path} is whole: COS_CONTENT, 3 files, ${isoVerifyView(result).split(', ')[2]?.split('\n')[0]}\n  c/edge.tar.zst is whole: edge-demo ${id}`,
  );
  expect(await filesHeldOpen(path)).toBe(0);
});

test('a signature beside the image is of the only bundle in it, whatever else has such a name', async () => {
  const { folder, path: bundle } = await bundleFile();
  await writeFile(join(folder, 'docs.tar'), 'no bundle');
  const files = [{ path: join(folder, 'docs.tar'), name: 'docs.tar' }];
  const { path } = await makeIso([bundle], { files });
  const { trust, signFile, keyId } = await bundleSigner(folder, 'site');
  await signFile(path);
  const resources = { hasher: hashHere, listener, trust };
  const { bundles } = await verifyIso(path, resources, new AbortController().signal);
  expect(bundles).toMatchObject([{ path: 'edge.tar.zst', problems: [], signedBy: [{ keyId }] }]);
});

test('a changed byte is found, in the file it is in', async () => {
  const { path } = await usualIso();
  await damage(path, 'some notes');
  const result = await verify(path);
  expect(result.problems).toMatchObject([{ path: 'notes.txt', message: expect.stringContaining('sha256') }]);
  expect(result.bundles).toMatchObject([{ problems: [] }]);
  expect(isoVerifyView(result)).toMatch(/ is damaged .*\n {2}notes\.txt: it has the sha256 /);
});

test('a damaged bundle is told with the images that need what is damaged', async () => {
  const { path } = await usualIso();
  await damage(path, Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 9000);
  const result = await verify(path);
  expect(result.problems).toMatchObject([{ path: 'c/edge.tar.zst' }]);
  expect(result.bundles[0]?.problems[0]?.images.length).toBeGreaterThan(0);
  expect(isoVerifyView(result)).toMatch(/needed by /);
});

test('a bundle that cannot be opened is a problem of it, and the rest is verified', async () => {
  const { path } = await usualIso();
  await damage(path, Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 8);
  await damage(path, 'some notes');
  const result = await verify(path);
  expect(result.problems.map((problem) => problem.path)).toEqual(['c/edge.tar.zst', 'notes.txt']);
  expect(result.bundles).toMatchObject([{ path: 'c/edge.tar.zst', problems: [{ images: [] }] }]);
  const view = isoInspectView(await inspectIso(path));
  expect(view).toMatch(/bundle {2}c\/edge\.tar\.zst: .* is damaged/);
});

test('files that are missing, and files that nobody listed, are told', async () => {
  const { bytes } = await sampleBundle();
  const sums = formatChecksums([{ path: 'gone.txt', sha256: '0'.repeat(64) }]);
  const entries = await sampleEntries({ SHA256SUMS: sums, 'extra.txt': 'x', 'edge.tar.zst': bytes });
  const { problems } = await verify(await sampleIso(entries));
  expect(problems).toEqual([
    { path: 'gone.txt', message: 'it is missing' },
    { path: 'edge.tar.zst', message: 'it is not in SHA256SUMS' },
    { path: 'extra.txt', message: 'it is not in SHA256SUMS' },
  ]);
});

test('an image of somebody else is told apart, and can be looked into', async () => {
  const iso = await foreignIso(await sourceFolder({ 'a.txt': 'x' }), '-R', '-V', 'OTHER');
  expect(await rejection(verify(iso))).toMatchObject({ code: 'ISO_WITHOUT_CHECKSUMS', kind: 'content' });
  expect(await inspectIso(iso)).toMatchObject({
    label: 'OTHER',
    hasChecksums: false,
    files: [{ path: 'a.txt', kind: 'file', size: 1 }],
    bundles: [],
  });
  expect(await filesHeldOpen(iso)).toBe(0);
});

test('parts are verified as parts, and as the bundle that they are joined to', async () => {
  const folder = await temporaryFolder();
  const { list } = await splitBundle(folder);
  const { path } = await makeIso([list]);
  expect(await verify(path)).toMatchObject({
    bundles: [{ path: 'edge.tar.zst', problems: [] }],
    problems: [],
  });
  expect(isoInspectView(await inspectIso(path))).toMatch(/bundle {2}edge\.tar\.zst: edge-demo .* parts\n/);
});

test('a part that is missing in an image is told', async () => {
  const folder = await temporaryFolder();
  const { parts } = await splitBundle(folder);
  const files: Record<string, Buffer> = {};
  for (const name of ['edge.tar.zst.parts.json', ...parts.slice(1).map((part) => part.name)]) {
    files[name] = await readFile(join(folder, name));
  }
  const iso = await sampleIso(await sampleEntries(files));
  expect((await inspectIso(iso)).bundles).toMatchObject([
    { path: 'edge.tar.zst', problem: expect.stringContaining('edge.tar.zst.part00 is missing') },
  ]);
});

test('a list that is not one is told with its line', async () => {
  const iso = await sampleIso(await sampleEntries({ SHA256SUMS: 'nonsense\n' }));
  expect((await rejection(verify(iso))).message).toBe(
    `${iso}:SHA256SUMS, line 1: it is no checksum and name`,
  );
});
