import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { imageSignatureVerdict } from '../../src/trust/image-signature-verdict.ts';
import type { FoundSignature, ImageSignatureVerdict } from '../../src/trust/image-signature-verdict.ts';
import {
  cosignPayload,
  cosignStatement,
  envelopeBundle,
  imageSigner,
  messageBundle,
  signatureOf,
  signedPayload,
} from '../support/image-signatures.ts';
import type { ImageSigner } from '../support/image-signatures.ts';

const manifest = Buffer.from('{"schemaVersion":2}');
const digest = digestOf(manifest);
const other = digestOf('another image');
const kinds = ['ecdsa', 'ed25519', 'rsa'] as const;
const signer = imageSigner();
const stranger = imageSigner();

async function verdict(found: FoundSignature, signers: readonly ImageSigner[] = [signer]) {
  const image = { digest, manifest: async () => await Promise.resolve(manifest) };
  return await imageSignatureVerdict(
    found,
    image,
    signers.map(({ key }) => key),
  );
}

async function bundleVerdict(
  document: unknown,
  signers?: readonly ImageSigner[],
): Promise<ImageSignatureVerdict> {
  return await verdict({ bundle: Buffer.from(JSON.stringify(document)) }, signers);
}

/** A payload that is signed as it is. */
function signed(payload: Buffer): FoundSignature {
  return { payload, signature: signatureOf(payload, signer.privateKey) };
}

describe('a payload of cosign', () => {
  test.each(kinds)('signed with a key of type %s is good', async (kind) => {
    const own = imageSigner(kind);
    const found = signedPayload(digest, own);
    expect(await verdict(found, [stranger, own])).toEqual({ kind: 'good', key: own.key });
    expect(await verdict(found, [stranger])).toEqual({ kind: 'other-key' });
  });

  test.each(kinds)('of a key of type %s is not good once any byte of it is another one', async (kind) => {
    const own = imageSigner(kind);
    const { payload, signature } = signedPayload(digest, own);
    for (let at = 0; at < payload.length; at += 1) {
      const changed = Buffer.from(payload);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(await verdict({ payload: changed, signature }, [own]), `byte ${at}`).toEqual({
        kind: 'other-key',
      });
    }
  });

  test('of another image is no signature of this one', async () => {
    expect(await verdict(signedPayload(other, signer))).toEqual({
      kind: 'other-digest',
      key: signer.key,
      digests: [other],
    });
  });

  test.each([
    ['is of another type', cosignPayload(digest, { type: 'atomic container signature' }), 'of type "atomic'],
    ['is of no type', cosignPayload(digest, { type: undefined }), 'of type missing'],
    ['names no digest', cosignPayload(digest, { image: {} }), 'no sha256 digest: missing'],
    ['names half a digest', cosignPayload(digest.slice(0, 20)), 'no sha256 digest: "sha256:'],
    ['names a digest in capitals', cosignPayload(digest.toUpperCase()), 'no sha256 digest'],
    ['is no JSON', Buffer.from(digest), 'no document of cosign'],
    ['is a list', Buffer.from(`["${digest}"]`), 'no document of cosign'],
    ['is not UTF-8', Buffer.from([0xff, 0xfe]), 'no document of cosign'],
  ])('that is signed, but %s, is of no use', async (_what, payload, reason) => {
    expect(await verdict(signed(payload))).toEqual({
      kind: 'unusable',
      reason: expect.stringContaining(reason),
    });
  });

  test.each(['', 'MEUCIQ', 'MEUC IQ==', '!', 'MEUCIR=='])(
    'with the signature %j is of no use',
    async (signature) => {
      expect(await verdict({ payload: cosignPayload(digest), signature })).toEqual({
        kind: 'unusable',
        reason: 'its signature is not in base64',
      });
    },
  );

  test('with a signature that is none is by nobody', async () => {
    const payload = cosignPayload(digest);
    for (const signature of ['AAAA', Buffer.alloc(5000, 48).toString('base64')])
      expect(await verdict({ payload, signature })).toEqual({ kind: 'other-key' });
  });
});

describe('a bundle of Sigstore', () => {
  test.each(kinds)('with an envelope signed with a key of type %s is good', async (kind) => {
    const own = imageSigner(kind);
    const bundle = envelopeBundle(cosignStatement(digest), own);
    expect(await bundleVerdict(bundle, [stranger, own])).toEqual({ kind: 'good', key: own.key });
    expect(await bundleVerdict(bundle, [stranger])).toEqual({ kind: 'other-key' });
  });

  test.each(kinds)('with the manifest signed with a key of type %s is good', async (kind) => {
    const own = imageSigner(kind);
    const bundle = messageBundle(manifest, own);
    expect(await bundleVerdict(bundle, [own])).toEqual({ kind: 'good', key: own.key });
    expect(await bundleVerdict(bundle, [stranger])).toEqual({ kind: 'other-key' });
    expect(await bundleVerdict(messageBundle(Buffer.from('{}'), own), [own])).toEqual({ kind: 'other-key' });
  });

  test('may name several images, of which this is one', async () => {
    const subject = [other, digest].map((of) => ({ digest: { sha256: of.slice(7), sha512: 'ab' } }));
    const bundle = envelopeBundle(cosignStatement(digest, { subject }), signer);
    expect(await bundleVerdict(bundle)).toEqual({ kind: 'good', key: signer.key });
  });

  test('of another image is no signature of this one', async () => {
    expect(await bundleVerdict(envelopeBundle(cosignStatement(other), signer))).toEqual({
      kind: 'other-digest',
      key: signer.key,
      digests: [other],
    });
  });

  test('with an attestation about the image is no signature of it', async () => {
    const statement = cosignStatement(digest, {
      predicateType: 'https://cosign.sigstore.dev/attestation/vuln/v1',
    });
    expect(await bundleVerdict(envelopeBundle(statement, signer))).toEqual({
      kind: 'unusable',
      reason: expect.stringContaining(
        'it is an attestation, "https://cosign.sigstore.dev/attestation/vuln/v1"',
      ),
    });
  });

  test.each([
    ['no statement', { _type: 'https://example.com/Statement/v1' }, 'no statement'],
    ['no subject', { subject: [] }, 'names no sha256 digest'],
    ['a subject with another digest', { subject: [{ digest: { sha512: 'ab' } }] }, 'names no sha256 digest'],
    ['subjects that are none', { subject: [null, 'x', { digest: { sha256: 5 } }] }, 'names no sha256 digest'],
  ])('with %s in a signed envelope is of no use', async (_what, changed, reason) => {
    expect(await bundleVerdict(envelopeBundle(cosignStatement(digest, changed), signer))).toEqual({
      kind: 'unusable',
      reason: expect.stringContaining(reason),
    });
  });

  test('is not good for what was signed without the envelope', async () => {
    // The type is signed, too: bytes that were signed as something else do not become a statement.
    const payload = Buffer.from(JSON.stringify(cosignStatement(digest)));
    const bundle = envelopeBundle(cosignStatement(digest), signer);
    const forged = JSON.parse(JSON.stringify(bundle));
    forged.dsseEnvelope.signatures = [{ sig: signatureOf(payload, signer.privateKey) }];
    expect(await bundleVerdict(forged)).toEqual({ kind: 'other-key' });
  });

  const envelope = envelopeBundle(cosignStatement(digest), signer);
  const { dsseEnvelope: whole } = JSON.parse(JSON.stringify(envelope));
  const signedParts = JSON.stringify({
    payloadType: whole.payloadType,
    payload: whole.payload,
    signatures: [{ sig: whole.signatures[0].sig }],
  });
  const broken: readonly (readonly [string, unknown, string])[] = [
    ['is a list', [], 'no bundle of Sigstore'],
    [
      'is of another version',
      { ...envelope, mediaType: 'application/vnd.dev.sigstore.bundle.v1+json' },
      'unknown type',
    ],
    [
      'has both kinds of signature',
      { ...envelope, ...messageBundle(manifest, signer), ...envelope },
      'one signature',
    ],
    ['has none', { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }, 'one signature'],
    ['has no signatures', changedEnvelope({ signatures: [] }), 'without one signature'],
    [
      'has two signatures',
      changedEnvelope({ signatures: [{ sig: 'AAAA' }, { sig: 'AAAA' }] }),
      'one signature',
    ],
    ['holds text', changedEnvelope({ payloadType: 'text/plain' }), 'holds "text/plain"'],
    ['is not in base64', changedEnvelope({ payload: '%%' }), 'not in base64'],
  ];

  function changedEnvelope(changed: object): unknown {
    const document = JSON.parse(JSON.stringify(envelope));
    return { ...document, dsseEnvelope: { ...document.dsseEnvelope, ...changed } };
  }

  test.each(broken)('that %s is of no use', async (_what, document, reason) => {
    expect(await bundleVerdict(document)).toEqual({
      kind: 'unusable',
      reason: expect.stringContaining(reason),
    });
  });

  test('whatever byte of it is another one, it is judged, and good only for what was signed', async () => {
    const bytes = Buffer.from(JSON.stringify(envelope));
    const counts = { good: 0, bad: 0 };
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
      const { kind } = await verdict({ bundle: changed });
      counts[kind === 'good' ? 'good' : 'bad'] += 1;
      if (kind !== 'good') continue;
      const { dsseEnvelope } = JSON.parse(changed.toString('utf8'));
      expect(dsseEnvelope).toMatchObject(JSON.parse(signedParts));
    }
    // What is beside the envelope was never signed: the hint at the key, for instance.
    expect(counts.good).toBeGreaterThan(0);
    expect(counts.bad).toBeGreaterThan(counts.good);
  });

  test('that is no JSON is of no use', async () => {
    expect(await verdict({ bundle: Buffer.from('{') })).toMatchObject({ kind: 'unusable' });
  });
});

test('a bundle whose type is nested as deeply as it can be is unusable like any other', async () => {
  const depth = 120_000;
  const bundle = Buffer.from(`{"mediaType":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  const unread = async () => await Promise.resolve(new Uint8Array());
  expect(await imageSignatureVerdict({ bundle }, { digest: digestOf(''), manifest: unread }, [])).toEqual({
    kind: 'unusable',
    reason: 'it is a bundle of an unknown type, something deeply nested',
  });
});
