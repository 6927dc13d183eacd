import { randomBytes, scrypt } from 'node:crypto';

import type { Identity, Recipient, Stanza } from 'age-encryption';

import { PaletteEdgeError } from '../errors.ts';
import { openChunk, sealChunk } from './age-stream.ts';

/** log2 of the work, as age takes it: about a second, and 256 MiB. */
const workFactor = 18;
/** What a file may ask of whoever opens it: 1 GiB. */
const mostWork = 20;

const saltSize = 16;
const keySize = 32;
/** With its authenticator. */
const sealedKeySize = 32;
/** The file key is encrypted with a nonce of zeros (https://c2sp.org/age#the-scrypt-recipient-type). */
const only = { index: 0, isLast: false };

/** Why a stanza is refused: a reason for the error that names the file. */
class InvalidStanza extends Error {}

/**
 * Whoever knows a passphrase, as a recipient. The derivation is Node's: that of the library computes in JavaScript, which holds up
 * everything else for seconds.
 */
export function passphraseRecipient(passphrase: string): Recipient {
  return {
    wrapFileKey: async (fileKey) => {
      const salt = randomBytes(saltSize);
      const key = await deriveKey(passphrase, salt, workFactor);
      const body = Buffer.concat(sealChunk(key, only, fileKey));
      return [{ args: ['scrypt', unpadded(salt), String(workFactor)], body }];
    },
  };
}

/**
 * A passphrase as an identity.
 *
 * @param askPassphrase called only for a file that is encrypted with one
 * @throws in its turn Error for a stanza that is not valid, PaletteEdgeError `PASSPHRASE_WORK_TOO_HIGH` (kind content), and what asking throws
 */
export function passphraseIdentity(askPassphrase: () => Promise<string>): Identity {
  return {
    unwrapFileKey: async (stanzas) => {
      const stanza = stanzas.find(({ args }) => args[0] === 'scrypt');
      if (stanza === undefined) return null;
      if (stanzas.length !== 1) throw new InvalidStanza('a passphrase is not its only recipient');
      const { salt, work, body } = readStanza(stanza);
      const key = await deriveKey(await askPassphrase(), salt, work);
      return openChunk(key, only, body) ?? null;
    },
  };
}

/** Whether whoever was asked for a passphrase gave up: not the file's fault. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function readStanza({ args, body }: Stanza): {
  readonly salt: Uint8Array;
  readonly work: number;
  readonly body: Uint8Array;
} {
  const [, saltText = '', workText = '', ...more] = args;
  const salt = Buffer.from(saltText, 'base64');
  if (more.length > 0 || salt.length !== saltSize || unpadded(salt) !== saltText)
    throw new InvalidStanza('the salt of its passphrase is not valid');
  if (!/^[1-9][0-9]?$/.test(workText)) throw new InvalidStanza('the work of its passphrase is not a number');
  const work = Number(workText);
  // Before any of it is done: the file is from outside.
  if (work > mostWork) throw tooMuchWork(work);
  if (body.length !== sealedKeySize) throw new InvalidStanza('its wrapped key has another length');
  return { salt, work, body };
}

async function deriveKey(passphrase: string, salt: Uint8Array, work: number): Promise<Uint8Array> {
  const cost = 2 ** work;
  const blockSize = 8;
  const options = { cost, blockSize, parallelization: 1, maxmem: 2 * 128 * cost * blockSize };
  const label = Buffer.concat([Buffer.from('age-encryption.org/v1/scrypt'), salt]);
  return await new Promise((resolve, reject) => {
    scrypt(passphrase, label, keySize, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

function tooMuchWork(work: number): PaletteEdgeError {
  return new PaletteEdgeError(
    'PASSPHRASE_WORK_TOO_HIGH',
    `the file asks for 2^${work} rounds of scrypt for its passphrase; 2^${mostWork} are done at most`,
    { kind: 'content', suggestions: ['Have it encrypted again, with less work or to a recipient.'] },
  );
}
