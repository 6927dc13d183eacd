import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { hashHere } from '../../src/io/hash-thread.ts';
import { findBundleFiles } from '../../src/workflows/publish-files.ts';
import { hashBundleFiles } from '../../src/workflows/publish-hash.ts';
import { fileMediaTypes } from '../../src/workflows/publish-manifest.ts';
import { rejection } from '../support/rejection.ts';
import { splitBundle, splitName } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const zstd = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(100, 1)]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const { signal } = new AbortController();

async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

async function hash(path: string, pieceSize = (size: number) => size) {
  const found = await findBundleFiles(path);
  return await hashBundleFiles(found, { hasher: hashHere, pieceSize, onBytes: () => undefined, signal });
}

describe('what belongs to a bundle', () => {
  test('is what lies beside it under its name', async () => {
    const folder = await folderOf({
      'a.tar.zst': zstd,
      'a.tar.zst.sha256': `${sha256(zstd)}  a.tar.zst\n`,
      'a.tar.zst.sig': '{}',
      'a.tar.zst.age': 'age-encryption.org/v1\n',
      'b.tar.zst': zstd,
      'b.tar.zst.sha256': '',
    });
    const names = async (name: string) =>
      (await findBundleFiles(join(folder, name))).files.map((file) => [file.name, file.mediaType]);
    const { bundle, checksum, signature, encrypted } = fileMediaTypes;
    expect(await names('a.tar.zst')).toEqual([
      ['a.tar.zst', bundle],
      ['a.tar.zst.sha256', checksum],
      ['a.tar.zst.sig', signature],
    ]);
    // That of the bundle inside, where encrypt puts it and decrypt looks for it.
    expect(await names('a.tar.zst.age')).toEqual([
      ['a.tar.zst.age', encrypted],
      ['a.tar.zst.sig', signature],
    ]);
    // An emptied checksum says nothing.
    expect(await names('b.tar.zst')).toEqual([['b.tar.zst', bundle]]);
  });

  test('is all of its parts and their list, whichever is named', async () => {
    const folder = await temporaryFolder();
    const { path, parts } = await splitBundle(folder);
    const names = parts.map((part) => basename(part.name));
    expect(names.length).toBeGreaterThan(1);
    for (const name of [`${splitName}.parts.json`, names[1] ?? '', splitName]) {
      const found = await findBundleFiles(join(folder, name));
      expect(found.bundle).toBe(basename(path));
      expect(found.files.map((file) => file.name).slice(0, names.length + 1)).toEqual([
        ...names,
        `${splitName}.parts.json`,
      ]);
    }
  });

  test.each([
    ['something else', { 'a.tar.zst': 'text' }, 'NOT_A_BUNDLE'],
    ['nothing', {}, 'FILE_NOT_FOUND'],
    ['a part alone of several', { 'a.tar.zst.part01': zstd }, 'PARTS_INCOMPLETE'],
  ])('of %s is refused', async (_, files, code) => {
    const folder = await folderOf(files);
    const path = join(folder, Object.keys(files)[0] ?? 'a.tar.zst');
    expect(await rejection(findBundleFiles(path))).toMatchObject({ code });
  });
});

describe('its files', () => {
  test('are hashed whole and in pieces', async () => {
    const folder = await folderOf({ 'a.tar.zst': zstd });
    const file = (await hash(join(folder, 'a.tar.zst'), () => 50)).at(0);
    expect(file).toMatchObject({ size: 104, digest: `sha256:${sha256(zstd)}` });
    expect(file?.pieces).toEqual([
      { start: 0, end: 50, sha256: sha256(zstd.subarray(0, 50)) },
      { start: 50, end: 100, sha256: sha256(zstd.subarray(50, 100)) },
      { start: 100, end: 104, sha256: sha256(zstd.subarray(100)) },
    ]);
    const whole = (await hash(join(folder, 'a.tar.zst'))).at(0);
    expect(whole?.pieces).toEqual([{ start: 0, end: 104, sha256: sha256(zstd) }]);
  });

  test('that are not what lies beside them says are refused', async () => {
    const folder = await folderOf({
      'a.tar.zst': zstd,
      'a.tar.zst.sha256': `${'0'.repeat(64)} *./a.tar.zst\r\n`,
    });
    const error = await rejection(hash(join(folder, 'a.tar.zst')));
    expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED', kind: 'content' });
    expect(error.message).toContain(sha256(zstd));
  });

  test('that are not what the list of parts says are refused', async () => {
    const folder = await temporaryFolder();
    const { parts } = await splitBundle(folder);
    const last = parts.at(-1);
    await writeFile(join(folder, last?.name ?? ''), Buffer.alloc(last?.size ?? 0));
    const error = await rejection(hash(join(folder, splitName)));
    expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED' });
    expect(error.message).toContain('the list of parts says');
  });

  test('without their list are refused when the last part is missing, as the checksums tell', async () => {
    const folder = await temporaryFolder();
    const { parts } = await splitBundle(folder);
    await rm(join(folder, `${splitName}.parts.json`));
    expect(await hash(join(folder, splitName))).toHaveLength(parts.length + 1);
    const last = parts.at(-1)?.name ?? '';
    await rm(join(folder, last));
    const error = await rejection(hash(join(folder, splitName)));
    expect(error).toMatchObject({ code: 'PARTS_INCOMPLETE', kind: 'content' });
    expect(error.message).toContain(last);
  });

  test('are as they are where parts were joined: their checksums stay', async () => {
    const folder = await folderOf({
      'a.tar.zst': zstd,
      'a.tar.zst.sha256': `${'0'.repeat(64)}  a.tar.zst.part00\n`,
    });
    expect(await hash(join(folder, 'a.tar.zst'))).toHaveLength(2);
  });
});
