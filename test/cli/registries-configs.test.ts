import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readConfigs } from '../../src/cli/registries-configs.ts';
import { parseRegistriesYaml } from '../../src/cli/registries-piece.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const base64 = Buffer.from('user:pass:word').toString('base64');

test.each([
  [
    { username: 'user', password: 'pass' },
    { username: 'user', password: 'pass' },
  ],
  [
    { username: 'user', password: 12_345 },
    { username: 'user', password: '12345' },
  ],
  [{ auth: base64 }, { username: 'user', password: 'pass:word' }],
  [{ identity_token: 'token' }, { identityToken: 'token' }],
  [
    { token: 'token', username: 'user' },
    { identityToken: 'token', username: 'user' },
  ],
  [
    { username: 'user', password: 'pass', auth: '' },
    { username: 'user', password: 'pass' },
  ],
])('auth %j', async (auth, expected) => {
  const { credentials } = await read({ 'A.corp:5000': { auth } });
  expect(credentials.get('a.corp:5000')).toEqual({
    ...expected,
    origin: 'the registries file /nowhere/registries.yaml',
  });
});

test('without auth and tls there is nothing', async () => {
  const { credentials, tls } = await read({ 'a.io': { auth: {}, tls: null }, 'b.io': null });
  expect([credentials.size, tls.size]).toEqual([0, 0]);
  expect((await readConfigs(undefined, ['a.io'])).tls.size).toBe(0);
});

test('files of certificates are those beside the registries file, unless their paths are absolute', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'tls'));
  for (const name of ['ca', 'cert', 'key'])
    await writeFile(join(folder, 'tls', `${name}.pem`), `the ${name}`);
  const tls = {
    ca_file: 'tls/ca.pem',
    cert_file: join(folder, 'tls', 'cert.pem'),
    key_file: './tls/key.pem',
  };
  const configs = await read({ 'a.io': { tls }, 'docker.io': { tls } }, { folder });
  const expected = {
    authorities: [{ name: join(folder, 'tls', 'ca.pem'), pem: 'the ca' }],
    certificate: { name: tls.cert_file, cert: 'the cert', key: 'the key' },
    isInsecure: false,
  };
  expect([...configs.tls]).toEqual([
    ['a.io:443', expected],
    ['registry-1.docker.io:443', expected],
  ]);
});

test('a file that is not there is named', async () => {
  const error = await rejection(read({ 'a.io': { tls: { ca_file: '/nowhere/ca.pem' } } }));
  expect(error).toMatchObject({ code: 'FILE_NOT_FOUND' });
  expect(error.message).toContain('/nowhere/ca.pem');
});

test('the star holds for the registries named elsewhere, and for no other', async () => {
  const configs = {
    '*': { auth: { username: 'any', password: 'pass' }, tls: { insecure_skip_verify: true } },
    'own.corp': { auth: { username: 'own', password: 'pass' } },
  };
  const { credentials, tls } = await read(configs, { named: ['docker.io', 'own.corp', 'a.corp:5000'] });
  const names = [...credentials].map(([registry, { username }]) => [registry, username]);
  expect(new Map(names.map(([registry = '', username]) => [registry, username]))).toEqual(
    new Map([
      ['own.corp', 'own'],
      ['docker.io', 'any'],
      ['a.corp:5000', 'any'],
    ]),
  );
  expect([...tls.keys()]).toEqual(['registry-1.docker.io:443', 'a.corp:5000']);
});

test('what is said of a host without a port is said of its port 443, and of no other', async () => {
  const tls = { insecure_skip_verify: true };
  const auth = { username: 'user', password: 'pass' };
  const configs = await read({ 'a.io': { tls }, 'B.io:443': { tls, auth }, '[::1]': { tls } });
  expect([...configs.tls.keys()]).toEqual(['a.io:443', 'b.io:443', '[::1]:443']);
  expect([...configs.credentials.keys()]).toEqual(['b.io']);
});

async function read(configs: object, { folder = '/nowhere', named = [] as readonly string[] } = {}) {
  const file = join(folder, 'registries.yaml');
  return await readConfigs(parseRegistriesYaml(JSON.stringify(configs), file), named);
}
