import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';
import { pemBlocks } from './pem-blocks.ts';
import type { PemBlock } from './pem-blocks.ts';
import { publicKeyOf } from './public-key.ts';
import type { PublicKey } from './public-key.ts';
import { invalidKey } from './trust-error.ts';

/** A key that bundles are signed with. */
export interface PrivateKey {
  readonly key: KeyObject;
  readonly publicKey: PublicKey;
}

/** A private key as it is in a file. */
export interface PrivateKeyFile {
  /** The file, for messages. */
  readonly name: string;
  readonly isEncrypted: boolean;
  readonly pem: string;
}

const labels: ReadonlySet<string> = new Set([
  'PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
]);

/**
 * Finds the private key in a PEM file: PKCS#8 (RFC 5958), or the older forms of RSA and EC keys, encrypted or not.
 *
 * @param name the file, for messages
 * @throws PaletteEdgeError `KEY_INVALID` (kind usage) for anything else: each says what to do
 */
export function findPrivateKey(bytes: Uint8Array, name: string): PrivateKeyFile {
  const keys = pemBlocks(bytes, name).filter(({ label }) => label !== 'EC PARAMETERS');
  const [first, second] = keys;
  if (first === undefined) throw invalidKey(name, 'it holds parameters only', 'Name the private key.');
  if (second !== undefined)
    throw invalidKey(name, 'it holds more than one key', 'Name a file with the private key alone.');
  if (!labels.has(first.label)) throw otherBlock(first, name);
  const isEncrypted = first.label.startsWith('ENCRYPTED') || /^Proc-Type: 4,ENCRYPTED/m.test(first.text);
  return { name, isEncrypted, pem: first.text };
}

function otherBlock({ label }: PemBlock, name: string): PaletteEdgeError {
  const generate = 'Make a key of its own for bundles: palette-edge keys generate';
  if (/^ENCRYPTED (?:SIGSTORE|COSIGN) /.test(label))
    return invalidKey(name, 'it is encrypted in the way of cosign alone', generate);
  if (label === 'OPENSSH PRIVATE KEY') return invalidKey(name, 'it is a key of OpenSSH', generate);
  if (label.endsWith('PUBLIC KEY'))
    return invalidKey(name, 'it is a public key', 'Name the private key: what is signed with stays secret.');
  if (label === 'DSA PRIVATE KEY') return invalidKey(name, 'it is a DSA key', generate);
  return invalidKey(name, `it holds a ${label}`, 'Name a private key in PEM: -----BEGIN PRIVATE KEY-----');
}

/**
 * Reads a private key.
 *
 * @param passphrase of an encrypted one
 * @throws PaletteEdgeError `KEY_PASSPHRASE_MISSING`, `KEY_PASSPHRASE_WRONG` (kind authentication), `KEY_INVALID` for a damaged one, `KEY_UNSUITABLE` for a kind that
 *   nothing is signed with (kind usage)
 */
export function readPrivateKey(file: PrivateKeyFile, passphrase?: string): PrivateKey {
  const key = decode(file, passphrase);
  return { key, publicKey: publicKeyOf(createPublicKey(key), file.name) };
}

function decode({ name, isEncrypted, pem }: PrivateKeyFile, passphrase: string | undefined): KeyObject {
  if (isEncrypted && passphrase === undefined) throw passphraseMissing(name);
  try {
    return createPrivateKey(isEncrypted ? { key: pem, passphrase } : pem);
  } catch {
    // Without its error as cause: who knows what it quotes.
    if (isEncrypted) throw passphraseWrong(name);
    throw invalidKey(name, 'its private key is damaged', 'Copy it again from where it was made.');
  }
}

function passphraseMissing(name: string): PaletteEdgeError {
  return new PaletteEdgeError('KEY_PASSPHRASE_MISSING', `${name} is encrypted, and there is no passphrase`, {
    kind: 'authentication',
    suggestions: [
      'Set PALETTE_EDGE_KEY_PASSPHRASE, or run the command at a terminal: it asks for the passphrase.',
    ],
  });
}

function passphraseWrong(name: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'KEY_PASSPHRASE_WRONG',
    `${name} cannot be decrypted: the passphrase is wrong, or the file is damaged`,
    {
      kind: 'authentication',
      suggestions: [`Try the passphrase: openssl pkey -in ${name} -noout`],
    },
  );
}
