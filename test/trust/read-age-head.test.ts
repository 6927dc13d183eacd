import { expect, test } from 'vitest';

import { readAgeHead } from '../../src/trust/read-age-head.ts';
import { rejection } from '../support/rejection.ts';
import { memoryAccess, noise } from '../support/sample-bundle.ts';
import { sealedFile } from '../support/sealed-file.ts';

const read = async (bytes: Uint8Array | string) =>
  await readAgeHead(memoryAccess(Buffer.from(bytes)), 'x.age');

test('header, nonce and payload are told apart', async () => {
  const { file, start } = await sealedFile(Buffer.from('hello'));
  const head = await read(file);
  expect(head.payloadStart).toBe(start);
  expect(Buffer.concat([head.header, head.nonce]).equals(file.subarray(0, start))).toBe(true);
  expect(head.recipients).toEqual(['X25519']);
});

test.each([
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), 'it is a bundle as it is'],
  ['-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n', 'it is armored'],
  ['\n -----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n', 'it is armored'],
  ['age-encryption.org/v2\n-> x y\n', 'another version'],
  ['age-encryption.org/v1\r\n', 'another version'],
  ['hello', 'it does not begin with age-encryption.org/'],
  ['', 'it is empty'],
])('%j: it is said what it is', async (bytes, said) => {
  const error = await rejection(read(bytes));
  expect(error).toMatchObject({ code: 'NOT_ENCRYPTED', kind: 'usage' });
  expect(error.message).toContain(said);
});

test('a header that ends before its end, at any byte', async () => {
  const { file, start } = await sealedFile(Buffer.from('hello'));
  for (let length = 'age-encryption.org/v1\n'.length; length < start; length += 7) {
    const error = await rejection(read(file.subarray(0, length)));
    expect(error).toMatchObject({ code: 'ENCRYPTED_FILE_INVALID', kind: 'content' });
    expect(error.message).toMatch(/the file ends (?:in the middle of it|right behind it)/);
  }
});

test('a header without end is given up, after so much', async () => {
  let most = 0;
  const bytes = Buffer.concat([Buffer.from('age-encryption.org/v1\n'), noise(3_000_000, 1)]);
  const access = memoryAccess(bytes);
  const counting = {
    ...access,
    read: async (position: number, length: number) => {
      most = Math.max(most, length);
      return await access.read(position, length);
    },
  };
  const error = await rejection(readAgeHead(counting, 'x.age'));
  expect(error.message).toBe('the header of x.age is not valid: it has more than 1048576 bytes');
  expect(most).toBe(1_048_576);
});

test('a header that is larger than the first read is found', async () => {
  const stanzas = '-> X25519 abc\nAAAA\n'.repeat(2000);
  const head = await read(`age-encryption.org/v1\n${stanzas}-> other\n\n--- MAC\n${'n'.repeat(16)}payload`);
  expect(head.recipients).toEqual(['X25519', 'other']);
  expect(Buffer.from(head.nonce).toString()).toBe('n'.repeat(16));
});
