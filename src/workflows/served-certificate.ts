import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { refuseSecretText } from '../io/refuse-secret-text.ts';
import { selfSignedCertificate } from '../registry-server/self-signed-certificate.ts';
import type { CertificatePair } from '../registry-server/self-signed-certificate.ts';
import { readSourceFile } from './read-source-file.ts';

/** Where the certificate of a server comes from. */
export type CertificateRequest =
  | { readonly kind: 'files'; readonly certPath: string; readonly keyPath: string }
  | {
      readonly kind: 'selfSigned';
      /** Where it is, or is put. */
      readonly folder: string;
      /** IP addresses and names of hosts that it must be for: those that the user gave. */
      readonly names: readonly string[];
      /** Those that one that is made now is for as well: what this machine is called at the moment. */
      readonly machineNames?: readonly string[];
    };

/** What is told of a certificate: nothing secret. */
export interface ServedCertificate {
  /** Its file. */
  readonly path: string;
  /** SHA-256 of it, as openssl writes it: `AB:CD:…`. */
  readonly fingerprint: string;
  /** IP addresses and names of hosts that it is for. */
  readonly names: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  /** Clients have to trust this very file. */
  readonly isSelfSigned: boolean;
  /** It was made now: clients do not know it yet. */
  readonly isNew: boolean;
  /** What this machine is called, and it is not for; absent when there is nothing. */
  readonly missingNames?: readonly string[];
}

/** A certificate that is ready to be served with. */
export interface ReadyCertificate {
  readonly pair: CertificatePair;
  readonly described: ServedCertificate;
}

/** Names of the files of a certificate that we made. */
export const selfSignedNames = { cert: 'palette-edge-serve.crt', key: 'palette-edge-serve.key' } as const;

const commonName = 'palette-edge serve';
/** Addresses that come and go would make it longer for ever. */
const mostNames = 100;
const dayMs = 24 * 60 * 60 * 1000;
/** More than a year, and less than the limit of any client (825 days, Apple's). */
const validMs = 397 * dayMs;
/** Clocks of sites without a network are wrong by hours. */
const earlyMs = dayMs;

/**
 * Reads a certificate with its key, or makes one that signs itself. One that was made before is taken again as long as it is valid for a
 * day, and for the names that must be: clients go on trusting it. One that takes its place is for all of its names, too.
 *
 * @throws PaletteEdgeError `CERTIFICATE_INVALID`, `CERTIFICATE_FILE_TAKEN` (kind usage), and for files that cannot be read or written
 */
export async function servedCertificate(request: CertificateRequest, now: Date): Promise<ReadyCertificate> {
  if (request.kind === 'selfSigned') {
    const { folder, names, machineNames = [] } = request;
    return await selfSigned({ folder, names, machineNames, now });
  }
  const { certPath, keyPath } = request;
  refuseSecretText(keyPath, 'key of the certificate');
  const pair = {
    cert: (await readSourceFile(certPath, 'certificate')).text,
    key: (await readSourceFile(keyPath, 'key of the certificate')).text,
  };
  checkPair(pair, certPath, keyPath);
  return ready(pair, certPath, false);
}

interface SelfSigned {
  readonly folder: string;
  readonly names: readonly string[];
  readonly machineNames: readonly string[];
  readonly now: Date;
}

async function selfSigned(wanted: SelfSigned): Promise<ReadyCertificate> {
  const { folder, names, machineNames, now } = wanted;
  const [path, keyPath] = [join(folder, selfSignedNames.cert), join(folder, selfSignedNames.key)];
  const known = await readOwn(path, keyPath);
  if (known !== undefined && isGoodFor(known, wanted)) return withMissing(ready(known, path, false), wanted);
  const former = known === undefined ? undefined : parsed(known.cert);
  const pair = selfSignedCertificate({
    commonName,
    names: allNames([...names, ...machineNames, ...(former === undefined ? [] : alternativeNames(former))]),
    notBefore: new Date(now.getTime() - earlyMs),
    notAfter: new Date(now.getTime() + validMs),
  });
  await writeText(keyPath, pair.key, 0o600);
  await writeText(path, pair.cert, 0o644);
  return ready(pair, path, true);
}

/** Each once, however it is written. */
function allNames(names: readonly string[]): string[] {
  const unique = new Map(names.map((name) => [shortAddress(name).toLowerCase(), name]));
  return [...unique.values()].slice(0, mostNames);
}

/** `0:0:0:0:0:0:0:1` and `::1` are one, and `::1` is how people write it. All else stays. */
function shortAddress(name: string): string {
  if (isIP(name) !== 6) return name;
  return new URL(`http://[${name.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
}

function withMissing(
  { pair, described }: ReadyCertificate,
  { machineNames }: Pick<SelfSigned, 'machineNames'>,
): ReadyCertificate {
  const certificate = new X509Certificate(pair.cert);
  const missingNames = machineNames.filter((name) => !isFor(certificate, name));
  return missingNames.length === 0
    ? { pair, described }
    : { pair, described: { ...described, missingNames } };
}

async function writeText(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFileAtomically(path, async (file) => await file.writeFile(text), { mode });
  } catch (error) {
    throw wordDiskError(error, `writing ${path}`);
  }
}

/**
 * @returns undefined when there is none
 * @throws PaletteEdgeError `CERTIFICATE_FILE_TAKEN` for a file that is not ours to replace
 */
async function readOwn(path: string, keyPath: string): Promise<CertificatePair | undefined> {
  const cert = await textIfThere(path);
  if (cert === undefined) return undefined;
  const { subject } = parsed(cert) ?? {};
  if (subject !== `CN=${commonName}`) {
    throw new PaletteEdgeError(
      'CERTIFICATE_FILE_TAKEN',
      `${path} is there, and is no certificate that palette-edge serve made`,
      {
        kind: 'usage',
        suggestions: ['Move it away, or choose another folder with --tls-folder FOLDER.'],
      },
    );
  }
  return { cert, key: (await textIfThere(keyPath)) ?? '' };
}

async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readSourceFile(path, 'certificate of an earlier time')).text;
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  }
}

function isGoodFor({ cert, key }: CertificatePair, { names, now }: SelfSigned): boolean {
  const certificate = parsed(cert);
  if (certificate === undefined || !hasKey(certificate, key)) return false;
  const { validFromDate, validToDate } = certificate;
  const isValid = validFromDate <= now && validToDate.getTime() >= now.getTime() + dayMs;
  return isValid && names.every((name) => isFor(certificate, name));
}

function isFor(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

function hasKey(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Undefined for what is no certificate. */
function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Without the error of TLS as cause: who knows what it quotes of a key. */
function checkPair(pair: CertificatePair, certPath: string, keyPath: string): void {
  if (parsed(pair.cert) === undefined) {
    throw invalid(
      `${certPath} holds no certificate that can be read`,
      'Expected a PEM file with -----BEGIN CERTIFICATE----- in it, the one of the server first.',
    );
  }
  try {
    createSecureContext(pair);
  } catch (error) {
    const isMismatch = systemErrorCode(error) === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
    throw isMismatch
      ? invalid(`${keyPath} is not the key of ${certPath}`, 'Expected the two files that belong together.')
      : invalid(
          `${keyPath} holds no key that can be read`,
          'Expected a PEM file with -----BEGIN PRIVATE KEY----- in it, without a passphrase.',
        );
  }
}

function invalid(message: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('CERTIFICATE_INVALID', message, { kind: 'usage', suggestions: [suggestion] });
}

function ready(pair: CertificatePair, path: string, isNew: boolean): ReadyCertificate {
  const certificate = new X509Certificate(pair.cert);
  return {
    pair,
    described: {
      path,
      fingerprint: certificate.fingerprint256,
      names: alternativeNames(certificate),
      notBefore: certificate.validFromDate.toISOString(),
      notAfter: certificate.validToDate.toISOString(),
      isSelfSigned: certificate.verify(certificate.publicKey),
      isNew,
    },
  };
}

/** Node gives them as text: `DNS:localhost, IP Address:0:0:0:0:0:0:0:1`, and quotes those with commas. */
function alternativeNames({ subjectAltName = '' }: X509Certificate): string[] {
  const names = subjectAltName.matchAll(/(?:DNS|IP Address):([^",]+)/g);
  return Array.from(names, ([, name = '']) => shortAddress(name));
}
