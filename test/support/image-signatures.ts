import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { cosignPredicateType } from '../../src/trust/cosign-bundle.ts';
import type { ImageSignatureKey } from '../../src/trust/image-signature-keys.ts';
import { publicKeyOf } from '../../src/trust/public-key.ts';
import type { MemoryBlobs } from './sample-images.ts';

const cosignBundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const envelopeType = 'application/vnd.in-toto+json';

/** A private key, and its public one as images are checked with it. */
export interface ImageSigner {
  readonly privateKey: KeyObject;
  readonly key: ImageSignatureKey;
}

/** A new key of a kind that cosign signs with. */
export function imageSigner(kind: 'ecdsa' | 'ed25519' | 'rsa' = 'ecdsa', file = `${kind}.pub`): ImageSigner {
  const { publicKey, privateKey } = newPair(kind);
  return { privateKey, key: { key: publicKeyOf(publicKey, file), file } };
}

function newPair(kind: 'ecdsa' | 'ed25519' | 'rsa'): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

/** The signature of bytes as cosign makes it, in base64. */
export function signatureOf(bytes: Uint8Array, privateKey: KeyObject): string {
  const isPure = privateKey.asymmetricKeyType === 'ed25519';
  return sign(isPure ? null : 'sha256', bytes, privateKey).toString('base64');
}

/** What cosign signs for an image. */
export function cosignPayload(digest: string, changed: object = {}): Buffer {
  const critical = {
    identity: { 'docker-reference': 'example.com/elsewhere' },
    image: { 'docker-manifest-digest': digest },
    type: 'cosign container image signature',
    ...changed,
  };
  return Buffer.from(JSON.stringify({ critical, optional: null }));
}

/** A payload and its signature. */
export interface SignedPayload {
  readonly payload: Buffer;
  readonly signature: string;
}

/** What cosign puts beside an image, as a payload. */
export function signedPayload(digest: Digest, { privateKey }: ImageSigner): SignedPayload {
  const payload = cosignPayload(digest);
  return { payload, signature: signatureOf(payload, privateKey) };
}

/** The manifest under cosign's tag, with all signatures in it. */
export function addSignatures(blobs: MemoryBlobs, signed: readonly SignedPayload[]): Descriptor {
  const layers = signed.map(({ payload, signature }) => ({
    ...blobs.add(payload, 'application/vnd.dev.cosign.simplesigning.v1+json'),
    annotations: { 'dev.cosignproject.cosign/signature': signature },
  }));
  const config = blobs.addJson(
    { architecture: '', os: '', rootfs: { type: 'layers' } },
    mediaTypes.ociConfig,
  );
  return blobs.addJson(
    { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers },
    mediaTypes.ociManifest,
  );
}

/** The statement that cosign signs for an image. */
export function cosignStatement(digest: Digest, changed: object = {}): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: digest.slice('sha256:'.length) } }],
    predicateType: cosignPredicateType,
    predicate: {},
    ...changed,
  };
}

/** A bundle of Sigstore with an envelope around a statement. */
export function envelopeBundle(statement: object, { privateKey }: Pick<ImageSigner, 'privateKey'>): object {
  const payload = Buffer.from(JSON.stringify(statement));
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 ${envelopeType.length} ${envelopeType} ${payload.length} `),
    payload,
  ]);
  return {
    mediaType: cosignBundleType,
    verificationMaterial: { publicKey: { hint: 'any' } },
    dsseEnvelope: {
      payloadType: envelopeType,
      payload: payload.toString('base64'),
      signatures: [{ sig: signatureOf(signed, privateKey), keyid: '' }],
    },
  };
}

/** A bundle of Sigstore with a signature of bytes as they are. */
export function messageBundle(bytes: Uint8Array, { privateKey }: ImageSigner): object {
  return {
    mediaType: cosignBundleType,
    verificationMaterial: { publicKey: { hint: 'any' } },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: 'AAAA' },
      signature: signatureOf(bytes, privateKey),
    },
  };
}

/** A bundle of Sigstore as a referrer of an image. */
export function addBundle(
  blobs: MemoryBlobs,
  subject: Descriptor,
  bundle: { readonly document: object; readonly predicateType?: string },
): Descriptor {
  const { mediaType, digest, size } = subject;
  const annotations = { 'dev.sigstore.bundle.predicateType': bundle.predicateType ?? cosignPredicateType };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: cosignBundleType,
    config: blobs.add('{}', mediaTypes.ociEmpty),
    layers: [blobs.addJson(bundle.document, cosignBundleType)],
    subject: { mediaType, digest, size },
    annotations,
  };
  return {
    ...blobs.addJson(manifest, mediaTypes.ociManifest),
    artifactType: cosignBundleType,
    annotations,
  };
}
