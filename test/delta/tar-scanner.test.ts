import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { createTarScanner, type TarSpan } from '../../src/delta/tar-scanner.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { noise, seededRandom, tarOfMembers } from './delta-inputs.ts';

const long = `${'a folder of a long name/'.repeat(12)}file`;
const names = ['first', 'usr/lib/second.so', long, `${'n'.repeat(150)}/in-a-prefix`, 'last'];

function scanned(tar: Uint8Array, pieceSize: number): readonly TarSpan[] {
  const scanner = createTarScanner();
  const found: TarSpan[] = [];
  for (let at = 0; at < tar.length; at += pieceSize) {
    found.push(...scanner.scan(tar.subarray(at, at + pieceSize)));
  }
  return found;
}

test.for(['ustar', 'pax', 'gnu', 'oldgnu', 'v7'])('%s tars are read', async (format) => {
  const folder = await temporaryFolder();
  const fitting = names.filter(
    (name) => name.length < (format === 'ustar' ? 200 : format === 'v7' ? 90 : 999),
  );
  for (const [number, name] of fitting.entries()) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), Buffer.alloc(number * 700, number));
  }
  const tar = execFileSync(requireTool('tar'), ['-c', `--format=${format}`, '-C', folder, ...fitting]);
  const spans = scanned(tar, 512);
  expect(spans.map(({ path }) => path)).toEqual(fitting);
  for (const [number, { start, end }] of spans.entries()) {
    expect(start).toBe(spans[number - 1]?.end ?? 0);
    expect(tar.subarray(start, end).includes(Buffer.alloc(number * 700, number))).toBe(true);
  }
  for (const size of [1024, 5120, tar.length]) expect(scanned(tar, size)).toEqual(spans);
});

test('sizes of pax headers and of base 256 count', async () => {
  const tar = await tarOfMembers([
    { name: 'a', content: Buffer.alloc(600) },
    { name: 'b', content: Buffer.alloc(1) },
  ]);
  const header = Buffer.from(tar.subarray(0, 512));
  header.fill(0, 124, 136);
  header[124] = 0x80;
  header.writeUInt32BE(600, 132);
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const changed = Buffer.concat([header, tar.subarray(512)]);
  expect(scanned(changed, 512)).toEqual(scanned(tar, 512));
  expect(scanned(tar, 512)).toEqual([
    { path: 'a', start: 0, end: 1536 },
    { path: 'b', start: 1536, end: 2560 },
  ]);
});

test('what is no tar, or no longer, has nothing in it', async () => {
  const tar = await tarOfMembers([{ name: 'a', content: Buffer.alloc(600) }]);
  const random = seededRandom(1);
  expect(scanned(noise(random, 5120), 1024)).toEqual([]);
  expect(scanned(Buffer.alloc(5120), 1024)).toEqual([]);
  expect(scanned(Buffer.alloc(0), 512)).toEqual([]);
  const followed = Buffer.concat([tar.subarray(0, 1536), noise(random, 1024), tar]);
  expect(scanned(followed, 512)).toEqual([{ path: 'a', start: 0, end: 1536 }]);
});

test('tars one behind the other are read', async () => {
  const tar = await tarOfMembers([{ name: 'a', content: Buffer.alloc(600) }]);
  expect(scanned(Buffer.concat([tar, tar]), 512)).toEqual([
    { path: 'a', start: 0, end: 1536 },
    { path: 'a', start: tar.length, end: tar.length + 1536 },
  ]);
});

test('no changed header makes it fail', async () => {
  const tar = await tarOfMembers(names.map((name) => ({ name, content: Buffer.alloc(300) })));
  const random = seededRandom(2);
  for (let trial = 0; trial < 500; trial++) {
    const changed = Buffer.from(tar);
    const at = random(tar.length / 512) * 512;
    changed[at + random(512)] = random(256);
    changed[at + 124 + random(12)] = random(256);
    changed.write(
      `${sumOf(changed.subarray(at, at + 512))
        .toString(8)
        .padStart(6, '0')}\0 `,
      at + 148,
      'latin1',
    );
    for (const { start, end } of scanned(changed, 1024)) expect(end).toBeGreaterThan(start);
  }
});

function sumOf(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}
