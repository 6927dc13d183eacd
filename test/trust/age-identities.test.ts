import { armor, Encrypter, generateHybridIdentity } from 'age-encryption';
import { expect, test } from 'vitest';

import { newAgeIdentity, parseAgeIdentities } from '../../src/trust/age-identities.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { secretKey } from '../support/sealed-file.ts';

async function nobodyAsks(): Promise<string> {
  return await Promise.reject(new Error('nobody asks'));
}

const parse = async (text: string | Uint8Array, askPassphrase: () => Promise<string> = nobodyAsks) =>
  await parseAgeIdentities({ name: 'edge.key', bytes: Buffer.from(text), askPassphrase });

test('identities are read from between comments and empty lines, however these end', async () => {
  const one = secretKey((await newAgeIdentity()).text);
  const two = await generateHybridIdentity();
  const text = `# created: today\r\n# public key: age1…\r\n${one}\r\n\n  ${two}`;
  expect(await parse(text)).toEqual([one, two]);
});

test('the file that is made is one that is read', async () => {
  const { text, recipient } = await newAgeIdentity();
  expect(text.split('\n')[0]).toBe(`# public key: ${recipient}`);
  expect(await parse(text)).toEqual([secretKey(text)]);
});

test.each([
  ['age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj', 'line 1, .* a recipient stands there'],
  ['#\nAGE-PLUGIN-YUBIKEY-1QYPQXPQ9QCRSSZG2PVXQ6RS0ZQG3YYC5Z5TPWXQERGD3C8G7RUSQ', 'line 2, .* plugins'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n', 'line 1, .* SSH'],
  ['hunter2\n', 'line 1, .* something else'],
  ['# nothing\n\n', 'there is none in it'],
  ['', 'there is none in it'],
])('%j: it is said what is wrong, and where', async (text, said) => {
  const error = await rejection(parse(text));
  expect(error).toMatchObject({ code: 'IDENTITY_INVALID', kind: 'usage' });
  expect(error.message).toMatch(new RegExp(said));
  expect(everythingShown(error)).not.toContain('hunter2');
});

test('a mistyped secret key is not shown', async () => {
  const { text } = await newAgeIdentity();
  const secret = secretKey(text);
  const error = await rejection(parse(`${text.slice(0, -2)}1\n`));
  expect(error.message).toContain('edge.key, line 2, holds no identity');
  expect(everythingShown(error)).not.toContain(secret.slice(20, 50));
});

test('a file that is encrypted with a passphrase is opened with it, armored or not', async () => {
  const { text } = await newAgeIdentity();
  const encrypter = new Encrypter();
  encrypter.setPassphrase('abc');
  encrypter.setScryptWorkFactor(2);
  const file = await encrypter.encrypt(text);
  const asked: string[] = [];
  const ask = (answer: string) => async (): Promise<string> => {
    asked.push(answer);
    return await Promise.resolve(answer);
  };
  expect(await parse(file, ask('abc'))).toEqual([secretKey(text)]);
  expect(await parse(armor.encode(file), ask('abc'))).toEqual([secretKey(text)]);
  const error = await rejection(parse(file, ask('wrong')));
  expect(error.message).toContain('the passphrase does not open it');
  expect(asked).toEqual(['abc', 'abc', 'wrong']);
});
