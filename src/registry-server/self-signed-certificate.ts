import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

import {
  addressBytes,
  derInteger,
  derObjectIdentifier,
  derSequence,
  derTags,
  derTime,
  derValue,
} from './der.ts';

/** A certificate and its private key, both in PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is made for. */
export interface CertificateRequest {
  /** Who it is, for people. */
  readonly commonName: string;
  /** IP addresses and DNS names: what clients may call the server. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const objectIdentifiers = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
} as const;

const dnsNameTag = 2;
const ipAddressTag = 7;

/**
 * Makes a key (P-256) and a certificate of a server that is signed with it (RFC 5280). It is no authority: whoever trusts it
 * trusts this one server, and nothing else that its key could sign.
 */
export function selfSignedCertificate(request: CertificateRequest): CertificatePair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = derSequence(derObjectIdentifier(objectIdentifiers.ecdsaWithSha256));
  const name = distinguishedName(request.commonName);
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const toBeSigned = derSequence(
    derValue(derTags.constructedContext, derInteger(Buffer.from([2]))),
    derInteger(serialNumber()),
    algorithm,
    name,
    derSequence(derTime(request.notBefore), derTime(request.notAfter)),
    name,
    publicKeyInfo,
    derValue(derTags.constructedContext | 3, derSequence(...extensions(request.names, publicKeyInfo))),
  );
  const signature = sign('sha256', toBeSigned, { key: privateKey, dsaEncoding: 'der' });
  const certificate = derSequence(toBeSigned, algorithm, bitString(signature));
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** RFC 5280, 4.1.2.2: positive, at most 20 bytes, and nobody can guess the next one. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes;
}

function distinguishedName(commonName: string): Buffer {
  const attribute = derSequence(
    derObjectIdentifier(objectIdentifiers.commonName),
    derValue(derTags.utf8String, Buffer.from(commonName)),
  );
  return derSequence(derValue(derTags.set, attribute));
}

function extensions(names: readonly string[], publicKeyInfo: Uint8Array): Buffer[] {
  // RFC 7093, 2: any value that belongs to one key does.
  const keyId = createHash('sha256').update(publicKeyInfo).digest().subarray(0, 20);
  return [
    // An empty sequence: no authority.
    extension(objectIdentifiers.basicConstraints, derSequence(), true),
    // Bit 0, digitalSignature, with seven bits unused.
    extension(objectIdentifiers.keyUsage, derValue(derTags.bitString, Buffer.from([7, 0x80])), true),
    extension(
      objectIdentifiers.extendedKeyUsage,
      derSequence(derObjectIdentifier(objectIdentifiers.serverAuthentication)),
    ),
    extension(objectIdentifiers.subjectKeyIdentifier, derValue(derTags.octetString, keyId)),
    extension(objectIdentifiers.subjectAlternativeName, derSequence(...names.map(generalName))),
  ];
}

function extension(identifier: string, value: Uint8Array, isCritical = false): Buffer {
  return derSequence(
    derObjectIdentifier(identifier),
    ...(isCritical ? [derValue(derTags.boolean, Buffer.from([0xff]))] : []),
    derValue(derTags.octetString, value),
  );
}

function generalName(name: string): Buffer {
  return isIP(name) === 0
    ? derValue(derTags.context | dnsNameTag, Buffer.from(name, 'latin1'))
    : derValue(derTags.context | ipAddressTag, addressBytes(name));
}

function bitString(bytes: Uint8Array): Buffer {
  return derValue(derTags.bitString, Buffer.from([0]), bytes);
}

/** RFC 7468, 2. */
function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
