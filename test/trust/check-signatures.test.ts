import { beforeAll, describe, expect, test } from 'vitest';

import { checkSignatures } from '../../src/trust/check-signatures.ts';
import type { PrivateKey } from '../../src/trust/private-key.ts';
import { signBytes } from '../../src/trust/sign-bytes.ts';
import type { Signature } from '../../src/trust/signature-file.ts';
import { newPrivateKey } from '../support/new-private-key.ts';

const text = Buffer.from('{"formatVersion":1}');

describe('signatures', () => {
  let first: PrivateKey;
  let second: PrivateKey;
  let stranger: PrivateKey;
  beforeAll(async () => {
    [first, second, stranger] = [await newPrivateKey('ecdsa'), await newPrivateKey(), await newPrivateKey()];
  });

  const check = (signatures: readonly Signature[], ...keys: readonly PrivateKey[]) =>
    checkSignatures(text, signatures, { keys: keys.map(({ publicKey }) => publicKey), name: 'a.tar.zst' });

  test('by all keys, by one of them, and by others too, are right', () => {
    const both = [signBytes(text, first), signBytes(text, second)];
    const ids = [first.publicKey.id, second.publicKey.id].toSorted();
    expect(check(both, first, second)).toEqual({ signedBy: ids });
    expect(check(both, second)).toEqual({ signedBy: [second.publicKey.id] });
    expect(check([signBytes(text, first)], first, second)).toEqual({ signedBy: [first.publicKey.id] });
    const strange = { ...signBytes(Buffer.from('other'), stranger) };
    expect(check([strange, signBytes(text, first)], first)).toEqual({ signedBy: [first.publicKey.id] });
  });

  test('that are missing are missed', () => {
    expect(() => check([], first)).toThrow(
      expect.objectContaining({
        code: 'SIGNATURE_MISSING',
        kind: 'content',
        message: 'a.tar.zst is not signed',
      }),
    );
  });

  test('by others only are told with their keys', () => {
    expect(() => check([signBytes(text, stranger)], first, second)).toThrow(
      expect.objectContaining({
        code: 'SIGNATURE_BY_OTHER_KEY',
        kind: 'content',
        message: `a.tar.zst is signed with ${stranger.publicKey.id}; expected was ${first.publicKey.id} or ${second.publicKey.id}`,
      }),
    );
  });

  test('of something else are wrong, even beside a right one', () => {
    const other = signBytes(Buffer.from('{"formatVersion":2}'), first);
    const wrong = expect.objectContaining({ code: 'SIGNATURE_WRONG', kind: 'content' });
    expect(() => check([other], first)).toThrow(wrong);
    expect(() => check([signBytes(text, first), other], first)).toThrow(wrong);
    expect(() => check([signBytes(text, second), other], first, second)).toThrow(wrong);
  });

  test('are wrong with any byte changed', () => {
    const right = signBytes(text, second);
    const wrong = expect.objectContaining({ code: 'SIGNATURE_WRONG' });
    for (const index of right.value.keys()) {
      const value = Uint8Array.from(right.value, (byte, each) => (each === index ? byte ^ 1 : byte));
      expect(() => check([{ ...right, value }], second)).toThrow(wrong);
    }
    expect(() => check([{ ...right, value: new Uint8Array() }], second)).toThrow(wrong);
  });

  test('that say to be of another algorithm than their key are wrong', () => {
    const right = signBytes(text, first);
    expect(() => check([{ ...right, algorithm: 'rsa-pkcs1-sha256' }], first)).toThrow(
      expect.objectContaining({ code: 'SIGNATURE_WRONG' }),
    );
  });

  test('under the id of a key that did not make them are wrong', () => {
    const stolen = { ...signBytes(text, stranger), keyId: second.publicKey.id };
    expect(() => check([stolen], second)).toThrow(expect.objectContaining({ code: 'SIGNATURE_WRONG' }));
  });
});
