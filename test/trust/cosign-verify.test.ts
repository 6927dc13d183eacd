import { readFileSync } from 'node:fs';

import { ed25519ph } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';

import { isDigest } from '../../src/oci/digest.ts';
import { cosignVerify } from '../../src/trust/cosign-verify.ts';
import { imageSignatureVerdict } from '../../src/trust/image-signature-verdict.ts';
import type { FoundSignature } from '../../src/trust/image-signature-verdict.ts';
import { parsePublicKeys } from '../../src/trust/public-key.ts';
import { imageSigner, signatureOf } from '../support/image-signatures.ts';

/**
 * Made with cosign 3.1.2, of one image, with a key of each kind, and taken from the registry:
 *
 *     cosign generate-key-pair        # and for RSA and Ed25519: openssl genpkey, cosign import-key-pair --key
 *     cosign sign --key KEY --tlog-upload=false --use-signing-config=false --allow-http-registry -y REFERENCE
 *
 * The payloads with --new-bundle-format=false, too. The private keys are gone.
 */
interface MadeByCosign {
  readonly digest: string;
  readonly signatures: readonly {
    readonly key: string;
    readonly publicKey: string;
    readonly payload?: string;
    readonly signature?: string;
    readonly bundle?: string;
  }[];
}

const made: MadeByCosign = JSON.parse(readFileSync(new URL('made-by-cosign.json', import.meta.url), 'utf8'));

function foundIn({ payload, signature, bundle }: MadeByCosign['signatures'][number]): FoundSignature {
  if (bundle !== undefined) return { bundle: Buffer.from(bundle) };
  return { payload: Buffer.from(payload ?? ''), signature: signature ?? '' };
}

describe.each(made.signatures.map((each) => ({ format: 'bundle' in each ? 'bundle' : 'payload', each })))(
  'a $format that cosign made',
  ({ each }) => {
    test(`with a key of type ${each.key} is good for the image that it is of, and for none else`, async () => {
      const keys = parsePublicKeys(Buffer.from(each.publicKey), 'cosign.pub').map((key) => ({
        key,
        file: 'cosign.pub',
      }));
      const verdictFor = async (digest: string, signers = keys) => {
        if (!isDigest(digest)) throw new Error('no digest');
        const manifest = async () => await Promise.reject(new Error('nobody asks for it'));
        return await imageSignatureVerdict(foundIn(each), { digest, manifest }, signers);
      };
      expect(await verdictFor(made.digest)).toMatchObject({ kind: 'good' });
      expect(await verdictFor(`sha256:${'0'.repeat(64)}`)).toMatchObject({ kind: 'other-digest' });
      const others = [imageSigner('ed25519').key, imageSigner('ecdsa').key];
      // A payload does not say whose key it was; a bundle does.
      const hint = each.bundle === undefined ? undefined : keys[0]?.key.id;
      expect(await verdictFor(made.digest, others)).toEqual({ kind: 'other-key', hint });
    });
  },
);

describe('Ed25519', () => {
  const signer = imageSigner('ed25519');
  const { key } = signer.key;
  const bytes = Buffer.from('what is signed');
  const seed = Buffer.from(signer.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');

  test('counts when the bytes are signed, and when their sha512 is', () => {
    expect(cosignVerify(key, bytes, Buffer.from(signatureOf(bytes, signer.privateKey), 'base64'))).toBe(true);
    expect(cosignVerify(key, bytes, ed25519ph.sign(bytes, seed))).toBe(true);
    expect(cosignVerify(key, Buffer.from('anything else'), ed25519ph.sign(bytes, seed))).toBe(false);
  });

  test.each([
    ['none', Buffer.alloc(0)],
    ['a short one', Buffer.alloc(63)],
    ['a long one', Buffer.alloc(65)],
    ['one of zeros', Buffer.alloc(64)],
    ['one of ones', Buffer.alloc(64, 0xff)],
  ])('does not for a signature that is none: %s', (_what, signature) => {
    expect(cosignVerify(key, bytes, signature)).toBe(false);
  });
});
