import { expect, test } from 'vitest';

import { isoLimits } from '../../src/iso/iso-tree.ts';
import { craftedIso } from '../support/crafted-iso.ts';
import type { CraftedRecord } from '../support/crafted-iso.ts';
import { rejection } from '../support/rejection.ts';
import { contentOf, openIso } from '../support/sample-iso.ts';

const more = 0x80;

async function refusal(records: readonly CraftedRecord[]): Promise<string> {
  const error = await rejection(openIso(craftedIso(records)));
  expect(error).toMatchObject({ code: 'ISO_DAMAGED', kind: 'content' });
  return error.message;
}

test('pieces of one name are one file', async () => {
  const records = [
    { name: 'A.TXT;1', flags: more },
    { name: 'A.TXT;1', flags: more, size: 0 },
    { name: 'A.TXT;1', size: 3 },
    { name: 'B.TXT;1', size: 4 },
  ];
  const image = await openIso(craftedIso(records));
  expect(image.label).toBe('CRAFTED');
  expect(await contentOf(image)).toEqual({ 'A.TXT': 'contentcon', 'B.TXT': 'cont' });
});

test('pieces of two names are told', async () => {
  expect(await refusal([{ name: 'A.TXT;1', flags: more }, { name: 'B.TXT;1' }])).toMatch(
    /goes on under another name$/,
  );
});

test('a file whose last piece is missing is told', async () => {
  expect(await refusal([{ name: 'A.TXT;1', flags: more }])).toMatch(/ends within a file$/);
});

test('a file of more pieces than anybody writes is told', async () => {
  const pieces = Array.from({ length: isoLimits.pieces + 1 }, () => ({ name: 'A.TXT;1', flags: more }));
  expect(await refusal(pieces)).toMatch(/too many pieces$/);
});

test('interleaved files are told', async () => {
  expect(await refusal([{ name: 'A.TXT;1', unit: 1 }])).toMatch(/is interleaved$/);
});

test('more entries than anybody has are told', async () => {
  const records = Array.from({ length: isoLimits.entries + 1 }, (_, index) => ({ name: `F${index}` }));
  expect(await refusal(records)).toMatch(/more than 100000 files and folders$/);
});

test('folders that share their sectors are told', async () => {
  const folder = { sector: 18, size: 2048, flags: 2 };
  expect(await refusal([{ name: 'A', ...folder }])).toMatch(/is in two places$/);
});

test('folders of more bytes than anybody needs are told, however small the image', async () => {
  const folder = { sector: 17, size: isoLimits.folderBytes, flags: 2 };
  expect(await refusal([{ name: 'A', ...folder }])).toMatch(/more than 67108864 bytes$/);
});

test('files that all are the whole image are told', async () => {
  const records = Array.from({ length: 40 }, (_, index) => ({ name: `F${index}`, sector: 0, size: 40_000 }));
  expect(await refusal(records)).toMatch(/its files have 1600000 bytes$/);
});

test('a record that reaches over the end of its sector is none', async () => {
  // 49 of 40 bytes each fill the sector.
  const image = craftedIso(Array.from({ length: 49 }, (_, index) => ({ name: `F${10 + index}.TXT` })));
  const last = 18 * 2048 + 68 + 48 * 40;
  expect(image.readUInt8(last)).toBe(40);
  image.writeUInt8(100, last);
  expect((await rejection(openIso(image))).message).toMatch(/has a record that is none$/);
});
