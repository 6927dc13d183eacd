import { Encrypter } from 'age-encryption';
import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { beginAgeFile } from '../../src/trust/age-head.ts';
import { newAgeIdentity } from '../../src/trust/age-identities.ts';
import { parseAgeRecipients } from '../../src/trust/age-recipients.ts';
import { openAgeHead } from '../../src/trust/open-age-head.ts';
import { readAgeHead } from '../../src/trust/read-age-head.ts';
import type { AgeHead } from '../../src/trust/read-age-head.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { memoryAccess } from '../support/sample-bundle.ts';
import { secretKey } from '../support/sealed-file.ts';

const headOf = async (bytes: Uint8Array) =>
  await readAgeHead(memoryAccess(Buffer.concat([bytes, Buffer.alloc(16)])), 'x.age');

const answer = (passphrase: string) => async () => await Promise.resolve(passphrase);
async function nobodyAsks(): Promise<string> {
  return await Promise.reject(new Error('nobody asks'));
}

test('each of several recipients finds the same key, with any of its identities', async () => {
  const sites = await Promise.all([newAgeIdentity(), newAgeIdentity(), newAgeIdentity()]);
  const { head, key } = await beginAgeFile(await parseAgeRecipients(sites.map(({ recipient }) => recipient)));
  const stranger = secretKey((await newAgeIdentity()).text);
  for (const { text } of sites) {
    const keys = { identities: [stranger, secretKey(text)], askPassphrase: nobodyAsks };
    expect(await openAgeHead(await headOf(head), keys, 'x.age')).toEqual(key);
  }
});

test('two files for one recipient have nothing in common', async () => {
  const recipients = await parseAgeRecipients([(await newAgeIdentity()).recipient]);
  const [one, two] = await Promise.all([beginAgeFile(recipients), beginAgeFile(recipients)]);
  expect(one.key).not.toEqual(two.key);
  expect(one.head).not.toEqual(two.head);
});

test('who is no recipient is told so, with the kinds that there are', async () => {
  const { head } = await beginAgeFile(await parseAgeRecipients([(await newAgeIdentity()).recipient]));
  const identities = [(await newAgeIdentity()).text, (await newAgeIdentity()).text].map(secretKey);
  const keys = { identities, askPassphrase: nobodyAsks };
  const error = await rejection(openAgeHead(await headOf(head), keys, 'x.age'));
  expect(error).toMatchObject({ code: 'NO_IDENTITY_MATCHES', kind: 'authentication' });
  expect(error.message).toBe(
    'x.age is encrypted to others: none of 2 identities opens it (it has recipients of kind X25519)',
  );
  for (const identity of identities) expect(everythingShown(error)).not.toContain(identity);
});

test('without an identity it is said that one is needed, and nobody is asked for a passphrase', async () => {
  const { head } = await beginAgeFile(await parseAgeRecipients([(await newAgeIdentity()).recipient]));
  const keys = { identities: [], askPassphrase: nobodyAsks };
  const error = await rejection(openAgeHead(await headOf(head), keys, 'x.age'));
  expect(error).toMatchObject({ code: 'IDENTITY_NEEDED', kind: 'usage' });
});

/** Encrypted by the library, with little work. */
async function headWithPassphrase(passphrase: string): Promise<AgeHead> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(2);
  return await headOf(await encrypter.encrypt(''));
}

test('a passphrase opens what was encrypted with it', async () => {
  const { head, key } = await beginAgeFile({ kind: 'passphrase', passphrase: 'grüne Wiese' });
  const keys = { identities: [], askPassphrase: answer('grüne Wiese') };
  expect(await openAgeHead(await headOf(head), keys, 'x.age')).toEqual(key);
});

test('another passphrase does not, and is shown nowhere', async () => {
  const wrong = { identities: [], askPassphrase: answer('blaue Wiese') };
  const error = await rejection(openAgeHead(await headWithPassphrase('grüne Wiese'), wrong, 'x.age'));
  expect(error).toMatchObject({ code: 'PASSPHRASE_WRONG', kind: 'authentication' });
  expect(everythingShown(error)).not.toContain('Wiese');
});

test('with an identity nobody is asked for a passphrase: it is said that one is needed', async () => {
  const head = await headWithPassphrase('abc');
  const keys = { identities: [secretKey((await newAgeIdentity()).text)], askPassphrase: nobodyAsks };
  const error = await rejection(openAgeHead(head, keys, 'x.age'));
  expect(error).toMatchObject({ code: 'NO_IDENTITY_MATCHES', kind: 'authentication' });
  expect(error.suggestions).toEqual(['Leave out --identity, and be asked for the passphrase.']);
});

test('why there is no passphrase is what the caller gets', async () => {
  const head = await headWithPassphrase('abc');
  const none = new PaletteEdgeError('PASSPHRASE_MISSING', 'there is none', { kind: 'authentication' });
  const keys = { identities: [], askPassphrase: async () => await Promise.reject(none) };
  await expect(openAgeHead(head, keys, 'x.age')).rejects.toBe(none);
  const stopped = new DOMException('Ctrl-C', 'AbortError');
  const aborted = { identities: [], askPassphrase: async () => await Promise.reject(stopped) };
  await expect(openAgeHead(head, aborted, 'x.age')).rejects.toBe(stopped);
});

test('a file cannot ask for any amount of work', async () => {
  const stanza = `-> scrypt ${Buffer.alloc(16).toString('base64').replaceAll('=', '')} 21\n${'A'.repeat(43)}\n`;
  const bytes = Buffer.from(`age-encryption.org/v1\n${stanza}--- ${'A'.repeat(43)}\n`);
  const keys = { identities: [], askPassphrase: nobodyAsks };
  const error = await rejection(openAgeHead(await headOf(bytes), keys, 'x.age'));
  expect(error).toMatchObject({ code: 'PASSPHRASE_WORK_TOO_HIGH', kind: 'content' });
});

test('a recipient that somebody added is noticed', async () => {
  const { recipient, text } = await newAgeIdentity();
  const { head } = await beginAgeFile(await parseAgeRecipients([recipient]));
  const added = Buffer.from(head).toString('latin1').replace('\n--- ', '\n-> other x\nAAAA\n--- ');
  const keys = { identities: [secretKey(text)], askPassphrase: nobodyAsks };
  const error = await rejection(openAgeHead(await headOf(Buffer.from(added, 'latin1')), keys, 'x.age'));
  expect(error).toMatchObject({ code: 'ENCRYPTED_FILE_INVALID', kind: 'content' });
  expect(error.message).toBe('the header of x.age is not valid: invalid header HMAC');
});
