import type { Digest } from '../oci/digest.ts';
import { cosignBase64 } from './cosign-base64.ts';
import { readCosignBundle, readCosignStatement } from './cosign-bundle.ts';
import { readCosignPayload } from './cosign-payload.ts';
import type { SignedContent } from './cosign-payload.ts';
import { cosignVerify } from './cosign-verify.ts';
import type { ImageSignatureKey } from './image-signature-keys.ts';

/** What was found beside an image, before anything of it is believed. */
export type FoundSignature =
  | {
      /** A payload of cosign, and its signature in base64. */
      readonly payload: Uint8Array;
      readonly signature: string;
    }
  | {
      /** A bundle of Sigstore, as JSON. */
      readonly bundle: Uint8Array;
    };

/** What a signature is worth to one image. */
export type ImageSignatureVerdict =
  | { readonly kind: 'good'; readonly key: ImageSignatureKey }
  /** One of the keys has signed something else. */
  | { readonly kind: 'other-digest'; readonly key: ImageSignatureKey; readonly digests: readonly Digest[] }
  /** None of the keys has made it; perhaps it says which one has, and anybody can say that. */
  | { readonly kind: 'other-key'; readonly hint?: Digest | undefined }
  | { readonly kind: 'unusable'; readonly reason: string };

/** The image that is to be signed. */
export interface ImageToVerify {
  readonly digest: Digest;
  /** The raw bytes of its root manifest, of which it is the digest: asked for when they are what was signed. */
  readonly manifest: () => Promise<Uint8Array>;
}

/**
 * Judges a signature. What was signed is read only when the signature is right.
 *
 * @throws what `manifest` throws
 */
export async function imageSignatureVerdict(
  found: FoundSignature,
  image: ImageToVerify,
  keys: readonly ImageSignatureKey[],
): Promise<ImageSignatureVerdict> {
  if ('payload' in found) {
    const signature = cosignBase64(found.signature);
    if (signature === undefined) return { kind: 'unusable', reason: 'its signature is not in base64' };
    const key = signerOf(found.payload, signature, keys);
    return key === undefined ? { kind: 'other-key' } : judge(readCosignPayload(found.payload), image, key);
  }
  const bundle = readCosignBundle(found.bundle);
  if ('reason' in bundle) return { kind: 'unusable', reason: bundle.reason };
  const { signature, hint, message } = bundle;
  const key = signerOf(message?.signed ?? (await image.manifest()), signature, keys);
  if (key === undefined) return { kind: 'other-key', hint };
  // A signature of the manifest's own bytes says all there is to say.
  return message === undefined
    ? { kind: 'good', key }
    : judge(readCosignStatement(message.statement), image, key);
}

function judge(
  content: SignedContent,
  { digest }: ImageToVerify,
  key: ImageSignatureKey,
): ImageSignatureVerdict {
  if ('reason' in content) return { kind: 'unusable', reason: content.reason };
  const { digests } = content;
  return digests.includes(digest) ? { kind: 'good', key } : { kind: 'other-digest', key, digests };
}

function signerOf(
  signed: Uint8Array,
  signature: Uint8Array,
  keys: readonly ImageSignatureKey[],
): ImageSignatureKey | undefined {
  return keys.find(({ key }) => cosignVerify(key, signed, signature));
}
