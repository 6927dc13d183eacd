import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { parseConfigFile } from '../../src/cli/config-file.ts';
import { imageKeyFlags, imageSignatureRules } from '../../src/cli/image-key-flags.ts';
import { publicKeyPem } from '../../src/trust/public-key.ts';
import { imageSigner } from '../support/image-signatures.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { key } = imageSigner('ed25519').key;
const next = imageSigner('ecdsa').key.key;

async function keyFile(name = 'cosign.pub'): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, publicKeyPem(key));
  return path;
}

test('a key is for all images, or for those below a prefix', async () => {
  const file = await keyFile();
  expect(await imageSignatureRules([file, `ghcr.io/org=${file}`, `docker.io=${file}`])).toEqual([
    { prefix: undefined, keys: [{ key, file }] },
    { prefix: { registry: 'ghcr.io', path: 'org' }, keys: [{ key, file }] },
    { prefix: { registry: 'docker.io', path: '' }, keys: [{ key, file }] },
  ]);
  expect(await imageSignatureRules([])).toBeUndefined();
});

test('a file may hold several keys, and have an equals sign in its name', async () => {
  const file = await keyFile('a=b.pub');
  await writeFile(file, `${publicKeyPem(key)}${publicKeyPem(next)}`);
  expect(await imageSignatureRules([file])).toEqual([
    {
      prefix: undefined,
      keys: [
        { key, file },
        { key: next, file },
      ],
    },
  ]);
});

test.each([
  ['org=cosign.pub', 'IMAGE_KEY_INVALID', '"org" is no registry host'],
  ['ghcr.io/org:1=cosign.pub', 'IMAGE_KEY_INVALID', 'is no part of a repository name'],
  ['https://ghcr.io=cosign.pub', 'IMAGE_KEY_INVALID', 'a name has no https://'],
  ['ghcr.io/org=', 'IMAGE_KEY_INVALID', 'names no file'],
  ['', 'IMAGE_KEY_INVALID', 'names no file'],
  ['missing.pub', 'FILE_NOT_FOUND', 'missing.pub'],
])('%j is refused', async (text, code, message) => {
  const error = await rejection(imageSignatureRules([text]));
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  expect(error.suggestions).not.toEqual([]);
});

test('a file without a key is refused', async () => {
  const file = await keyFile();
  await writeFile(file, 'cosign');
  expect(await rejection(imageSignatureRules([`ghcr.io=${file}`]))).toMatchObject({
    code: 'KEY_INVALID',
    message: expect.stringContaining(file),
  });
});

test.each([
  ['keys/cosign.pub', '/etc/edge/keys/cosign.pub'],
  ['ghcr.io/org=keys/org.pub', 'ghcr.io/org=/etc/edge/keys/org.pub'],
  ['ghcr.io/org=/keys/org.pub', 'ghcr.io/org=/keys/org.pub'],
  ['./a=b.pub', '/etc/edge/a=b.pub'],
  ['/keys/a=b.pub', '/keys/a=b.pub'],
])('in a config file %s is beside the file', (written, meant) => {
  const flag = imageKeyFlags['verify-image-key'];
  const { multiple, helpValue } = flag;
  const known = { type: 'option' as const, multiple, helpValue };
  const commands = new Map([['build', { 'verify-image-key': known }]]);
  const text = `verify-image-key: ['${written}']`;
  const file = parseConfigFile(text, { path: '/etc/edge/palette-edge.yaml', command: 'build', commands });
  expect(file.settings.get('verify-image-key')?.texts).toEqual([meant]);
});

test('a config file that merely lies in the working folder must not say whose signatures count', () => {
  const commands = new Map([['build', { 'verify-image-key': { type: 'option' as const } }]]);
  const options = { path: 'palette-edge.yaml', command: 'build', commands, ownFile: '/home/me/own.yaml' };
  expect(() => parseConfigFile('verify-image-key: cosign.pub', options)).toThrow('what is trusted');
});
