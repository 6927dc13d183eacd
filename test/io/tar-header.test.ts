import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { extract } from 'tar-stream';
import { describe, expect, test } from 'vitest';

import { decodeTarHeader, encodeTarHeader, tarPadding } from '../../src/io/tar-header.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const gibibyte = 2 ** 30;

describe('a header', () => {
  test('is the one that GNU tar writes', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'hello'), 'hello world', { mode: 0o644 });
    const flags = [
      '--format=ustar',
      '--numeric-owner',
      '--owner=:0',
      '--group=:0',
      '--mtime=@0',
      '--mode=0644',
    ];
    const tar = execFileSync(requireTool('tar'), ['-C', folder, ...flags, '-cf', '-', 'hello']);
    expect(encodeTarHeader({ name: 'hello', size: 11 })).toEqual(tar.subarray(0, 512));
  });

  test.each([0, 1, 511, 512, 8 * gibibyte - 1])('of a size that ustar can say: %i', (size) => {
    const header = encodeTarHeader({ name: 'a', size });
    expect(header).toHaveLength(512);
    expect(decodeTarHeader(header)).toEqual({ name: 'a', size });
  });

  test('takes names of up to 100 characters', () => {
    const name = 'n'.repeat(100);
    expect(decodeTarHeader(encodeTarHeader({ name, size: 1 }))).toEqual({ name, size: 1 });
    expect(() => encodeTarHeader({ name: `${name}n`, size: 1 })).toThrow(RangeError);
  });

  test.each(['', 'a b', 'ä', 'a\0b'])('refuses the name %j', (name) => {
    expect(() => encodeTarHeader({ name, size: 1 })).toThrow(RangeError);
  });

  test.each([-1, 1.5, 2 ** 53, Number.NaN])('refuses the size %d', (size) => {
    expect(() => encodeTarHeader({ name: 'a', size })).toThrow(RangeError);
  });
});

describe('8 GiB and more', () => {
  const entry = { name: 'blobs/sha256/large', size: 8 * gibibyte };

  test('are said by a pax header, which tar-stream reads', async () => {
    const header = encodeTarHeader(entry);
    expect(header).toHaveLength(3 * 512);
    const reading = extract();
    const found = new Promise((resolve) => {
      reading.on('entry', (read) => resolve({ name: read.name, size: read.size, type: read.type }));
    });
    reading.write(header);
    expect(await found).toEqual({ ...entry, type: 'file' });
    reading.destroy();
  });

  test('are listed by tar with their size', async () => {
    const file = join(await temporaryFolder(), 'large.tar');
    await writeFile(file, encodeTarHeader(entry));
    await truncate(file, 3 * 512 + entry.size + 1024);
    const listed = execFileSync(requireTool('tar'), ['-tvf', file], { encoding: 'utf8' });
    expect(listed).toMatch(/8589934592 1970-01-01 00:00 blobs\/sha256\/large\n$/);
  });
});

describe('decoding', () => {
  test.each([
    ['a block that is too short', Buffer.alloc(511)],
    ['zeros', Buffer.alloc(512)],
    ['text', readFileSync(new URL(import.meta.url)).subarray(0, 512)],
  ])('%s gives nothing', (_, block) => {
    expect(decodeTarHeader(block)).toBeUndefined();
  });
});

test.each([
  [0, 0],
  [1, 511],
  [511, 1],
  [512, 0],
  [513, 511],
])('content of %i bytes is followed by %i zeros', (size, padding) => {
  expect(tarPadding(size)).toBe(padding);
});
