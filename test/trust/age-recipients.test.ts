import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';

import { newAgeIdentity } from '../../src/trust/age-identities.ts';
import { parseAgeRecipients } from '../../src/trust/age-recipients.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { secretKey } from '../support/sealed-file.ts';

test('recipients are taken once each, without spaces around them', async () => {
  const { recipient } = await newAgeIdentity();
  const other = (await newAgeIdentity()).recipient;
  expect(await parseAgeRecipients([recipient, ` ${other}\n`, recipient])).toEqual({
    kind: 'keys',
    keys: [recipient, other],
  });
});

test('a secret key in the place of a recipient is refused, and shown nowhere', async () => {
  const secret = secretKey((await newAgeIdentity()).text);
  for (const text of [secret, secret.toLowerCase()]) {
    const error = await rejection(parseAgeRecipients([text]));
    expect(error).toMatchObject({ code: 'RECIPIENT_INVALID', kind: 'usage' });
    expect(error.message).toContain('a secret key was given');
    expect(everythingShown(error).toUpperCase()).not.toContain(secret.slice(20));
  }
});

test('what is no recipient is not quoted: it may be a passphrase', async () => {
  const error = await rejection(parseAgeRecipients(['correct horse battery']));
  expect(error.code).toBe('RECIPIENT_INVALID');
  expect(everythingShown(error)).not.toContain('horse');
});

test('a mistyped one is told of', async () => {
  const { recipient } = await newAgeIdentity();
  const last = recipient.endsWith('q') ? 'p' : 'q';
  const error = await rejection(parseAgeRecipients([recipient.slice(0, -1) + last]));
  expect(error.message).toBe(`--encrypt-to: ${recipient.slice(0, 12)}… is mistyped or cut short`);
});

test.each([
  ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN', 'SSH'],
  ['age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t', 'plugins'],
  ['recipients.txt', 'begins with age1'],
  ['', 'begins with age1'],
])('%s: it is said what is taken', async (text, said) => {
  const error = await rejection(parseAgeRecipients([text]));
  expect(error).toMatchObject({ code: 'RECIPIENT_INVALID', kind: 'usage' });
  expect(error.message).toContain(said);
});

test('post-quantum recipients are taken, but not among others', async () => {
  const hybrid = await identityToRecipient(await generateHybridIdentity());
  const { recipient } = await newAgeIdentity();
  expect(await parseAgeRecipients([hybrid])).toMatchObject({ keys: [hybrid] });
  expect((await rejection(parseAgeRecipients([hybrid, recipient]))).message).toContain('do not go together');
});

test('there is a most of them', async () => {
  const { recipient } = await newAgeIdentity();
  const many = Array.from({ length: 501 }, (_, index) => `${recipient}${index}`);
  expect((await rejection(parseAgeRecipients(many))).message).toContain('501 recipients');
});
