import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { serveInput } from '../../src/cli/serve-input.ts';
import type { ServeFlags } from '../../src/cli/serve-input.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const usual: ServeFlags = {
  'restored-space': '4GiB',
  listen: '127.0.0.1:5080',
  advertise: undefined,
  'tls-cert': undefined,
  'tls-key': undefined,
  'tls-self-signed': false,
  'tls-folder': '.',
  'tls-name': [],
  username: undefined,
  'password-file': undefined,
};

const { signal } = new AbortController();
const inputOf = async (flags: Partial<ServeFlags>) =>
  await serveInput(['a.tar.zst'], { ...usual, ...flags }, signal);

test('without flags it is plain HTTP, for everybody', async () => {
  expect(await inputOf({})).toEqual({
    paths: ['a.tar.zst'],
    address: '127.0.0.1',
    port: 5080,
    advertised: undefined,
    certificate: undefined,
    login: undefined,
    restored: { folder: process.env['TMPDIR'] ?? '/var/tmp', limit: 4 * 1024 ** 3 },
  });
});

describe('--advertise', () => {
  test.each([
    ['https://registry.site:5080', 'https://registry.site:5080'],
    ['http://10.0.0.5:5080/', 'http://10.0.0.5:5080'],
    ['HTTPS://[fd00::1]:5080', 'https://[fd00::1]:5080'],
  ])('%s is %s', async (advertise, advertised) => {
    expect(await inputOf({ advertise })).toMatchObject({ advertised });
  });

  test.each([
    'registry.site:5080',
    'ftp://registry.site',
    'https://registry.site/v2',
    'https://registry.site?x',
    'https://edge:s3cret@registry.site',
    '',
  ])('%j is refused', async (advertise) => {
    const error = await rejection(inputOf({ advertise }));
    expect(error).toMatchObject({ code: 'ADVERTISE_INVALID', kind: 'usage' });
    expect(everythingShown(error)).not.toContain('s3cret');
  });
});

describe('TLS', () => {
  test('files are taken as they are', async () => {
    expect(await inputOf({ 'tls-cert': 'a.crt', 'tls-key': 'a.key' })).toMatchObject({
      certificate: { kind: 'files', certPath: 'a.crt', keyPath: 'a.key' },
    });
  });

  test('a certificate of our own is for where it listens, what it is called, and what is named', async () => {
    const flags = { 'tls-self-signed': true, 'tls-name': ['Registry.Site', 'fd00::1'], 'tls-folder': '/tls' };
    expect(
      await inputOf({ ...flags, listen: '127.0.0.2:0', advertise: 'https://[fd00::2]:1' }),
    ).toMatchObject({
      certificate: {
        kind: 'selfSigned',
        folder: '/tls',
        names: ['localhost', '127.0.0.1', '::1', '127.0.0.2', 'registry.site', 'fd00::1', 'fd00::2'],
      },
    });
  });

  test.each(['', 'a b', 'registry.site:5080', '[::1]', '*.site', 'https://registry.site'])(
    '%j is no name for it',
    async (name) => {
      const error = await rejection(inputOf({ 'tls-self-signed': true, 'tls-name': [name] }));
      expect(error).toMatchObject({ code: 'TLS_NAME_INVALID', kind: 'usage' });
    },
  );
});

describe('the login', () => {
  test('has its password from a file, without the line break at its end', async () => {
    const path = join(await temporaryFolder(), 'password');
    await writeFile(path, ' s3:cret \n\n');
    expect(await inputOf({ username: 'edge', 'password-file': path })).toMatchObject({
      login: { username: 'edge', password: ' s3:cret \n' },
    });
  });

  test('is refused without a password, and with a name that Basic authentication cannot say', async () => {
    const path = join(await temporaryFolder(), 'password');
    await writeFile(path, '\n');
    for (const flags of [{ username: 'edge' }, { username: '' }, { username: 'ed:ge' }]) {
      const error = await rejection(inputOf({ ...flags, 'password-file': path }));
      expect(error).toMatchObject({ code: 'LOGIN_INVALID', kind: 'usage' });
    }
  });
});
