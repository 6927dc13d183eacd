import { isRecord } from '../io/is-record.ts';
import { isDigest, toDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { cosignBase64 } from './cosign-base64.ts';
import { parseSignedJson, shown } from './cosign-payload.ts';
import type { SignedContent } from './cosign-payload.ts';

/** A signature in a bundle of Sigstore, and what it is of. */
export interface CosignBundle {
  readonly signature: Uint8Array;
  /** The id of the key that it says it is by, for messages; undefined when it does not, or not as cosign does. */
  readonly hint: Digest | undefined;
  /** What was signed; undefined when that is the manifest itself. */
  readonly message?: { readonly signed: Uint8Array; readonly statement: Uint8Array };
}

/** What cosign says with a signature: this image, and nothing about it. */
export const cosignPredicateType = 'https://sigstore.dev/cosign/sign/v1';

const bundleType = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.[1-9]\+json|\+json;version=0\.[1-9])$/;
const statementType = /^https:\/\/in-toto\.io\/Statement\/v(?:0\.1|1)$/;
const envelopeType = 'application/vnd.in-toto+json';
const maximumSubjects = 1000;

/** Whether a media type is one of a bundle of Sigstore (cosign BUNDLE_SPEC; sigstore_bundle.proto, `media_type`). */
export function isCosignBundleType(mediaType: string): boolean {
  return bundleType.test(mediaType);
}

/**
 * Reads a bundle of Sigstore (sigstore_bundle.proto, as JSON): a DSSE envelope with an in-toto statement, which is what cosign 3
 * makes, or a signature of the manifest's own bytes. What it says of its key is a hint for people only: anybody can say that.
 *
 * @returns the reason when it cannot be used
 */
export function readCosignBundle(bytes: Uint8Array): CosignBundle | { readonly reason: string } {
  const document = parseSignedJson(bytes);
  if (!isRecord(document)) return { reason: 'it is no bundle of Sigstore' };
  const { mediaType, dsseEnvelope, messageSignature } = document;
  const hint = keyHint(document['verificationMaterial']);
  if (typeof mediaType !== 'string' || !isCosignBundleType(mediaType))
    return { reason: `it is a bundle of an unknown type, ${shown(mediaType)}` };
  if (isRecord(dsseEnvelope) && messageSignature === undefined) return readEnvelope(dsseEnvelope, hint);
  if (!isRecord(messageSignature) || dsseEnvelope !== undefined)
    return { reason: 'it is a bundle without one signature' };
  const signature = cosignBase64(messageSignature['signature']);
  return signature === undefined ? { reason: 'its signature is not in base64' } : { signature, hint };
}

/** sigstore_bundle.proto, `dsse_envelope`: one signature, though DSSE allows for several. */
function readEnvelope(
  envelope: Record<string, unknown>,
  hint: Digest | undefined,
): CosignBundle | { readonly reason: string } {
  const { payloadType, payload, signatures } = envelope;
  if (payloadType !== envelopeType)
    return { reason: `it holds ${shown(payloadType)}, not ${JSON.stringify(envelopeType)}` };
  const [first, second]: readonly unknown[] = Array.isArray(signatures) ? signatures : [];
  if (!isRecord(first) || second !== undefined) return { reason: 'it is an envelope without one signature' };
  const statement = cosignBase64(payload);
  const signature = cosignBase64(first['sig']);
  if (statement === undefined || signature === undefined) return { reason: 'it is not in base64' };
  return { signature, hint, message: { signed: preAuthenticationEncoding(statement), statement } };
}

/** sigstore_common.proto, `PublicKeyIdentifier`: any text; cosign writes the sha256 of the key in DER, which is its id. */
function keyHint(material: unknown): Digest | undefined {
  const key = isRecord(material) ? material['publicKey'] : undefined;
  const bytes = cosignBase64(isRecord(key) ? key['hint'] : undefined);
  return bytes?.length === 32 ? toDigest(Buffer.from(bytes).toString('hex')) : undefined;
}

/** DSSE protocol, "Signature Definition": `PAE(type, body)`, with lengths in bytes. */
function preAuthenticationEncoding(body: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${envelopeType.length} ${envelopeType} ${body.length} `;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/**
 * Reads what cosign has signed in an envelope (in-toto Statement v1). An attestation about an image is no signature of it: with the same key
 * somebody may sign that it has flaws.
 *
 * @param statement bytes whose signature is right: before that they are anybody's
 */
export function readCosignStatement(statement: Uint8Array): SignedContent {
  const document = parseSignedJson(statement);
  if (!isRecord(document) || typeof document['_type'] !== 'string' || !statementType.test(document['_type']))
    return { reason: 'what was signed is no statement of in-toto' };
  const { predicateType, subject } = document;
  if (predicateType !== cosignPredicateType)
    return { reason: `it is an attestation, ${shown(predicateType)}, and no signature of the image` };
  const subjects: readonly unknown[] = Array.isArray(subject) ? subject.slice(0, maximumSubjects) : [];
  const digests = subjects.flatMap(subjectDigest);
  return digests.length === 0 ? { reason: 'what was signed names no sha256 digest' } : { digests };
}

function subjectDigest(subject: unknown): Digest[] {
  const digest = isRecord(subject) && isRecord(subject['digest']) ? subject['digest']['sha256'] : undefined;
  const text = typeof digest === 'string' ? `sha256:${digest}` : '';
  return isDigest(text) ? [text] : [];
}
