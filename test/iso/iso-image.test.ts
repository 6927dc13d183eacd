import { symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { isoLimits } from '../../src/iso/iso-tree.ts';
import { rejection } from '../support/rejection.ts';
import { noise } from '../support/sample-bundle.ts';
import {
  bytesOf,
  contentOf,
  foreignIso,
  openFirst,
  openIso,
  sampleEntries,
  sampleIso,
  sourceFolder,
} from '../support/sample-iso.ts';

const files = {
  SHA256SUMS: 'sums',
  'a/b/c/deep.tar.zst': 'deep '.repeat(2000),
  empty: '',
  [`${'long-'.repeat(40)}name`]: 'a name whose fields lie elsewhere',
};

/** Bytes of an image with every place changed where a text stands. */
function replaced(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');
}

async function smallImage(): Promise<Buffer> {
  return await bytesOf(await sampleIso(await sampleEntries({ 'first.txt': '1', 'folder/second.txt': '22' })));
}

/** Where the root's first sector is, in bytes. */
function rootOf(image: Buffer): number {
  return image.readUInt32LE(16 * 2048 + 156 + 2) * 2048;
}

/** Where the record of a plain name begins. */
function recordOf(image: Buffer, identifier: string): number {
  const at = image.indexOf(identifier, rootOf(image), 'latin1') - 33;
  if (at < 0) throw new Error(`no record of ${identifier}`);
  return at;
}

test('it reads what the writer wrote', async () => {
  const image = await openIso(await sampleIso(await sampleEntries(files)));
  expect(image.label).toBe('COS_CONTENT');
  expect(await contentOf(image)).toEqual(files);
});

test.each([
  ['Rock Ridge, with deep folders moved', ['-R']],
  ['Rock Ridge, with folders as deep as they are', ['-R', '-D']],
  ['Joliet', ['-J', '-joliet-long', '-D']],
  ['both', ['-r', '-J']],
])('it reads images of genisoimage: %s', async (_, options) => {
  const deep = { 'a/b/c/d/e/f/g/h/i/j/deep.txt': 'moved', 'Plain name.txt': 'plain', empty: '' };
  const image = await openIso(await foreignIso(await sourceFolder(deep), '-V', 'FOREIGN', ...options));
  expect(image.label).toBe('FOREIGN');
  expect(await contentOf(image)).toEqual(deep);
});

test('plain names are those of ISO 9660', async () => {
  const image = await openIso(
    await foreignIso(await sourceFolder({ 'readme.txt': 'plain', 'dir/noext': 'x' })),
  );
  expect(await contentOf(image)).toEqual({ 'README.TXT': 'plain', 'DIR/NOEXT': 'x' });
});

test('links are told apart and have no content', async () => {
  const folder = await sourceFolder({ file: 'content' });
  await symlink('/etc/passwd', join(folder, 'link'));
  const image = await openIso(await foreignIso(folder, '-R'));
  expect(image.files).toMatchObject([
    { path: 'file', kind: 'file', size: 7 },
    { path: 'link', kind: 'link', size: 0, extents: [] },
  ]);
});

test('a file can be read at any position, and not beyond its end', async () => {
  const image = await openIso(await sampleIso(await sampleEntries({ x: '0123456789', y: 'other' })));
  const access = openFirst(image);
  expect(Buffer.from(await access.read(3, 4)).toString()).toBe('3456');
  await expect(access.read(8, 3)).rejects.toThrow(RangeError);
  await expect(access.read(-1, 1)).rejects.toThrow(RangeError);
});

test('another file is no image', async () => {
  expect(await rejection(openIso(noise(100_000, 1)))).toMatchObject({ code: 'NOT_AN_ISO', kind: 'content' });
  expect(await rejection(openIso(Buffer.from('short')))).toMatchObject({ code: 'NOT_AN_ISO' });
});

test('an image that was cut is told, wherever', async () => {
  const bytes = await smallImage();
  for (const length of [16 * 2048 + 10, 17 * 2048, 20 * 2048, bytes.length - 2048]) {
    const error = await rejection(openIso(bytes.subarray(0, length)));
    expect(error.code).toMatch(/^(?:ISO_TRUNCATED)$/);
  }
});

test('a folder inside itself ends', async () => {
  const bytes = await smallImage();
  bytes.writeUInt32LE(rootOf(bytes) / 2048, recordOf(bytes, 'FOLDER') + 2);
  expect((await rejection(openIso(bytes))).message).toMatch(/"folder" is in two places$/);
});

test('a folder of 4 GiB is not read', async () => {
  const bytes = await smallImage();
  bytes.writeUInt32LE(0xfffff000, 16 * 2048 + 156 + 10);
  expect((await rejection(openIso(bytes))).message).toMatch(/folders have more than/);
});

test('a file outside the image is not there', async () => {
  const bytes = await smallImage();
  bytes.writeUInt32LE(0x7fffffff, recordOf(bytes, 'FIRST.TXT') + 2);
  expect((await rejection(openIso(bytes))).message).toBe(
    'sample.iso is damaged: "first.txt" is outside of it',
  );
});

test('a file larger than the image is not there', async () => {
  const bytes = await smallImage();
  bytes.writeUInt32LE(0xffffffff, recordOf(bytes, 'FIRST.TXT') + 10);
  expect((await rejection(openIso(bytes))).message).toMatch(/"first.txt" is outside of it$/);
});

test.each([
  ['../../xxx', 'climbs'],
  ['/etc/pass', 'is absolute'],
  ['first\0txt', 'ends early'],
])('a name that %j is none', async (name) => {
  const bytes = replaced(await smallImage(), 'first.txt', name);
  expect((await rejection(openIso(bytes))).message).toMatch(/cannot name a file$/);
});

test('two files of one name are told', async () => {
  const iso = await sampleIso(await sampleEntries({ 'aaa.txt': '1', 'bbb.txt': '2' }));
  const error = await rejection(openIso(replaced(await bytesOf(iso), 'bbb.txt', 'aaa.txt')));
  expect(error.message).toMatch(/"aaa.txt" is there twice$/);
});

test('fields that lie outside the image are not read', async () => {
  const bytes = await bytesOf(await sampleIso(await sampleEntries({ ['n'.repeat(250)]: 'x' })));
  const at = bytes.indexOf('CE\x1c\x01', recordOf(bytes, 'NNNNNNN'), 'latin1');
  for (const [offset, value] of [
    [4, 0x7fffffff],
    [20, 0xffffffff],
  ] as const) {
    const changed = Buffer.from(bytes);
    changed.writeUInt32LE(value, at + offset);
    expect((await rejection(openIso(changed))).message).toMatch(/fields of a file/);
  }
});

test('fields that go on in themselves end', async () => {
  const bytes = await bytesOf(await sampleIso(await sampleEntries({ ['n'.repeat(250)]: 'x' })));
  const at = bytes.indexOf('CE\x1c\x01', recordOf(bytes, 'NNNNNNN'), 'latin1');
  // The continuation begins at the field that names it.
  bytes.writeUInt32LE(Math.floor(at / 2048), at + 4);
  bytes.writeUInt32LE(at % 2048, at + 12);
  bytes.writeUInt32LE(28, at + 20);
  expect((await rejection(openIso(bytes))).message).toMatch(/fields of a file make no sense$/);
});

test('a file that never ends is told', async () => {
  const bytes = await smallImage();
  for (const name of ['FIRST.TXT', 'FOLDER']) {
    const at = recordOf(bytes, name) + 25;
    bytes.writeUInt8(bytes.readUInt8(at) | 0x80, at);
  }
  expect((await rejection(openIso(bytes))).code).toBe('ISO_DAMAGED');
});

test('folders nested deeper than anybody makes them are refused', async () => {
  const path = `${'d/'.repeat(isoLimits.depth + 1)}x`;
  const error = await rejection(openIso(await sampleIso(await sampleEntries({ [path]: '1' }))));
  expect(error.message).toMatch(/deeper than 64$/);
});
