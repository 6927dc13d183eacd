import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';

/** The media type of what cosign signs (cosign SIGNATURE_SPEC, "Simple Signing"). */
export const cosignPayloadType = 'application/vnd.dev.cosign.simplesigning.v1+json';

/** The annotation of a layer that holds the signature of its payload, in base64 (cosign SIGNATURE_SPEC, "Signature"). */
export const cosignSignatureAnnotation = 'dev.cosignproject.cosign/signature';

/** What was signed: images by their digests, or why it cannot be told. */
export type SignedContent = { readonly digests: readonly Digest[] } | { readonly reason: string };

const expectedType = 'cosign container image signature';

/**
 * Reads what cosign has signed (cosign SIGNATURE_SPEC, "Simple Signing"). The name of the image in it, `docker-reference`, is not looked at: images
 * are copied, and their signatures with them.
 *
 * @param payload bytes whose signature is right: before that they are anybody's
 */
export function readCosignPayload(payload: Uint8Array): SignedContent {
  const document = parseSignedJson(payload);
  const critical = isRecord(document) ? document['critical'] : undefined;
  if (!isRecord(critical)) return { reason: 'what was signed is no document of cosign' };
  const { type, image } = critical;
  if (type !== expectedType)
    return { reason: `what was signed is of type ${shown(type)}, not ${JSON.stringify(expectedType)}` };
  const digest = isRecord(image) ? image['docker-manifest-digest'] : undefined;
  if (typeof digest !== 'string' || !isDigest(digest))
    return { reason: `what was signed names no sha256 digest: ${shown(digest)}` };
  return { digests: [digest] };
}

/** JSON in UTF-8; undefined when it is none. */
export function parseSignedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** A value of somebody's document as it may stand in a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  try {
    return printable(JSON.stringify(value).slice(0, 100), 100);
  } catch {
    // What is read without recursion may be nested too deeply to be written.
    return 'something deeply nested';
  }
}
