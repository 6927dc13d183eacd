import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { serveConfigInput } from '../../src/cli/serve-config-input.ts';
import type { ServeConfigFlags } from '../../src/cli/serve-config-input.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const usual: ServeConfigFlags = {
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
  'config-folder': undefined,
  'show-password': false,
};

const { signal } = new AbortController();
const inputOf = async (flags: Partial<ServeConfigFlags>) =>
  await serveConfigInput({ paths: ['a'], client: 'k3s' }, { ...usual, ...flags }, signal);

test.each<[flags: Partial<ServeConfigFlags>, origin: string]>([
  [{}, 'http://127.0.0.1:5080'],
  [{ listen: '[fd00::1]:5080', 'tls-self-signed': true }, 'https://[fd00::1]:5080'],
  [{ listen: '0.0.0.0:0', advertise: 'https://registry.site' }, 'https://registry.site'],
])('with %j clients pull from %s', async (flags, origin) => {
  expect(await inputOf(flags)).toMatchObject({ client: 'k3s', paths: ['a'], origin });
});

test.each(['0.0.0.0:5080', '[::]:5080', '127.0.0.1:0'])('nobody can pull from %s', async (listen) => {
  const error = await rejection(inputOf({ listen, 'tls-self-signed': true }));
  expect(error).toMatchObject({
    code: 'ADVERTISE_MISSING',
    kind: 'usage',
    suggestions: [expect.stringContaining('--advertise https://')],
  });
  expect(error.message).toContain(listen);
});

test('a password is read only when it is to be shown', async () => {
  const path = join(await temporaryFolder(), 'password');
  const flags = { username: 'edge', 'password-file': path };
  expect(await inputOf(flags)).toMatchObject({ login: { username: 'edge', password: undefined } });
  await writeFile(path, 's3cret\n');
  expect(await inputOf({ ...flags, 'show-password': true })).toMatchObject({
    login: { username: 'edge', password: 's3cret' },
  });
  expect((await inputOf({})).login).toBeUndefined();
});
