import { canonicalJson } from '../io/canonical-json.ts';

/** A signature of what {@link preAuthEncoding} gives. */
export interface DsseSignature {
  readonly keyId: string;
  readonly value: Uint8Array;
}

/** A payload, and what it is. */
export interface DssePayload {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** The bytes that are signed: payload and type, so that a signature for the one is none for the other (DSSE v1.0.2, protocol.md, "Signature Definition"). */
export function preAuthEncoding({ type, bytes }: DssePayload): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${bytes.length} `;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** A signed payload as JSON (DSSE v1.0.2, envelope.md). */
export function dsseEnvelope({ type, bytes }: DssePayload, signatures: readonly DsseSignature[]): Buffer {
  const envelope = {
    payload: base64(bytes),
    payloadType: type,
    signatures: signatures.map(({ keyId, value }) => ({ keyid: keyId, sig: base64(value) })),
  };
  return Buffer.from(canonicalJson(envelope));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
