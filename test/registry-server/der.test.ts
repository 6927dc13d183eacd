import { expect, test } from 'vitest';

import {
  addressBytes,
  derInteger,
  derObjectIdentifier,
  derSequence,
  derTags,
  derTime,
  derValue,
} from '../../src/registry-server/der.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test.each([
  [0, '0400'],
  [1, '0401'],
  [127, '047f'],
  [128, '048180'],
  [255, '0481ff'],
  [256, '04820100'],
  [65_536, '0483010000'],
])('%i bytes have the length %s', (size, head) => {
  const value = derValue(derTags.octetString, Buffer.alloc(size));
  expect(hex(value.subarray(0, value.length - size))).toBe(head);
});

test.each([
  ['', '020100'],
  ['00', '020100'],
  ['0001', '020101'],
  ['7f', '02017f'],
  ['80', '02020080'],
  ['0100', '02020100'],
])('the number %j is %s: as short as it can be, and not negative', (digits, expected) => {
  expect(hex(derInteger(Buffer.from(digits, 'hex')))).toBe(expected);
});

test.each([
  ['2.5.29.17', '0603551d11'],
  ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
  ['1.3.6.1.5.5.7.3.1', '06082b06010505070301'],
])('the identifier %s is %s', (dotted, expected) => {
  expect(hex(derObjectIdentifier(dotted))).toBe(expected);
});

test.each([
  ['2026-11-26T01:02:03Z', 0x17, '261126010203Z'],
  ['2049-12-31T23:59:59.999Z', 0x17, '491231235959Z'],
  ['2050-01-01T00:00:00Z', 0x18, '20500101000000Z'],
])('the time %s has the form that its year asks for', (time, tag, text) => {
  const [first, , ...rest] = derTime(new Date(time));
  expect([first, String.fromCodePoint(...rest)]).toEqual([tag, text]);
});

test.each([
  ['10.0.0.5', '0a000005'],
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['fd00::', 'fd000000000000000000000000000000'],
  ['2001:db8:0:0:1:0:0:1', '20010db8000000000001000000000001'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['::ffff:10.0.0.5', '00000000000000000000ffff0a000005'],
])('the address %s is %s', (address, expected) => {
  expect(hex(addressBytes(address))).toBe(expected);
});

test('values are one after the other', () => {
  expect(hex(derSequence(derInteger(Buffer.from([1])), derSequence()))).toBe('30050201013000');
});
