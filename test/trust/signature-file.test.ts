import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import {
  maximumSignatures,
  mergeSignatures,
  parseSignatures,
  serializeSignatures,
} from '../../src/trust/signature-file.ts';
import type { Signature } from '../../src/trust/signature-file.ts';

const keyId = digestOf('a key');

function signature(value: string): Signature {
  return { value: Buffer.from(value), algorithm: 'ed25519', keyId };
}

function parse(text: string): readonly Signature[] {
  return parseSignatures(Buffer.from(text), 'x.sig');
}

describe('signature file', () => {
  test('is a line for each signature', () => {
    const bytes = serializeSignatures([signature('one')]);
    expect(Buffer.from(bytes).toString()).toBe(`b25l ed25519 ${keyId}\n`);
    expect(parse(Buffer.from(bytes).toString())).toEqual([signature('one')]);
  });

  test('does not depend on the order of signatures, and has each once', () => {
    const [a, b] = [signature('one'), signature('two')];
    const bytes = serializeSignatures([b, a, b]);
    expect(bytes).toEqual(serializeSignatures([a, b]));
    expect(Buffer.from(bytes).toString()).toBe(`b25l ed25519 ${keyId}\ndHdv ed25519 ${keyId}\n`);
  });

  test('is read in any order, as `cat` joins two', () => {
    const text = `dHdv ed25519 ${keyId}\nb25l ed25519 ${keyId}\ndHdv ed25519 ${keyId}\n`;
    expect(parse(text)).toEqual([signature('one'), signature('two')]);
  });

  test('has so many signatures and no more', () => {
    const many = Array.from({ length: maximumSignatures }, (_, index) => signature(`${index}`));
    expect(parseSignatures(serializeSignatures(many), 'x.sig')).toHaveLength(maximumSignatures);
    expect(() => mergeSignatures([...many, signature('more')], 'x.sig')).toThrow(
      'x.sig does not hold signatures: there are more than 16',
    );
  });

  test.each([
    ['is empty', '', 'its last line has no end'],
    ['ends in the middle', `b25l ed25519 ${keyId}`, 'its last line has no end'],
    ['has an empty line', `b25l ed25519 ${keyId}\n\n`, 'line 2 is not a signature'],
    ['has lines of Windows', `b25l ed25519 ${keyId}\r\n`, 'its lines end as those of Windows do'],
    ['has something behind the key', `b25l ed25519 ${keyId} \n`, 'line 1 is not a signature'],
    ['has two spaces', `b25l  ed25519 ${keyId}\n`, 'line 1 is not a signature'],
    ['has no key', 'b25l ed25519\n', 'line 1 is not a signature'],
    [
      'has capital letters in the key',
      `b25l ed25519 sha256:${'A'.repeat(64)}\n`,
      'line 1 is not a signature',
    ],
    [
      'has an algorithm that is not known',
      `b25l md5 ${keyId}\n`,
      'has the algorithm md5, which is not known',
    ],
    [
      'names what every object has',
      `b25l constructor ${keyId}\n`,
      'the algorithm constructor, which is not known',
    ],
    ['has bits of base64 that mean nothing', `b25lMR== ed25519 ${keyId}\n`, 'that is not in base64'],
    ['has too much', 'x'.repeat(64 * 1024 + 1), 'it has more than 65536 bytes'],
  ])('that %s is refused', (_what, text, reason) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'SIGNATURE_FILE_INVALID',
        kind: 'content',
        message: expect.stringContaining(reason),
      }),
    );
  });
});
