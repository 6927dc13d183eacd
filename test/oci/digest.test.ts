import { expect, test } from 'vitest';

import { digestHex, digestOf, isDigest, parseDigest, toDigest } from '../../src/oci/digest.ts';

const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('the digest of nothing is the known one', () => {
  expect(digestOf('')).toBe(`sha256:${empty}`);
  expect(digestOf(new Uint8Array())).toBe(`sha256:${empty}`);
  expect(digestHex(digestOf(''))).toBe(empty);
  expect(toDigest(empty)).toBe(digestOf(''));
});

test('text is hashed as UTF-8', () => {
  expect(digestOf('é')).toBe(digestOf(Uint8Array.of(0xc3, 0xa9)));
});

test.each([
  [`sha256:${empty}`, true],
  [`sha256:${empty.toUpperCase()}`, false],
  [`sha256:${empty}\n`, false],
  [`sha256:${empty}0`, false],
  [empty, false],
  [`sha512:${empty}${empty}`, false],
])('isDigest(%j) is %s', (text, expected) => {
  expect(isDigest(text)).toBe(expected);
});

test('a digest is read as it is', () => {
  expect(parseDigest(`sha256:${empty}`, 'here')).toBe(`sha256:${empty}`);
});

test('another algorithm is named', () => {
  expect(() => parseDigest(`sha512:${empty}${empty}`, 'layer 3')).toThrow(
    expect.objectContaining({
      code: 'DIGEST_UNSUPPORTED',
      message: expect.stringMatching(/^layer 3: .*sha512/),
    }),
  );
});

test.each([
  '',
  'x',
  'sha256:',
  'sha256:xyz',
  `sha256:${empty.toUpperCase()}`,
  '../../etc/passwd',
  'x'.repeat(10_000),
])('%j is no digest', (text) => {
  const refuse = () => parseDigest(text, 'blob');
  expect(refuse).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID', kind: 'usage' }));
  expect(refuse).toThrow(/^blob: .{0,300}$/);
});

test('hex that is no sha256 is a bug', () => {
  expect(() => toDigest('abc')).toThrow(TypeError);
});
