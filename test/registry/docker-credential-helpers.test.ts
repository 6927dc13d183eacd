import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { auths, dockerSource } from './docker-source.ts';

const path = '/usr/bin:/bin';

test('a credential helper is run for its host, before credsStore and auths', async () => {
  const folder = await temporaryFolder();
  await helper(folder, 'own', 'read host; echo "{\\"Username\\":\\"own $host $1\\",\\"Secret\\":\\"s\\"}"');
  await helper(
    folder,
    'store',
    'read host; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"for $host\\"}"',
  );
  const source = await dockerSource(
    { ...auths(['own.test'], 'auths'), credHelpers: { 'own.test': 'own' }, credsStore: 'store' },
    { PATH: `${folder}:${path}` },
  );
  expect(await source.find('own.test', 'app')).toMatchObject({ username: 'own own.test get', password: 's' });
  expect(await source.find('docker.io', 'library/app')).toMatchObject({
    identityToken: 'for https://index.docker.io/v1/',
  });
});

test('a helper is run once for all images of a registry', async () => {
  const folder = await temporaryFolder();
  const log = join(folder, 'log');
  await helper(folder, 'own', `echo run >> ${log}; echo '{"Username":"u","Secret":"s"}'; wc -l < ${log} >&2`);
  const source = await dockerSource({ credsStore: 'own' }, { PATH: `${folder}:${path}` });
  const found = await Promise.all(['a', 'b', 'c'].map((name) => source.find('own.test', name)));
  expect(found.map((credential) => credential?.username)).toEqual(['u', 'u', 'u']);
  expect(await readFile(log, 'utf8')).toBe('run\n');
});

test('a helper is asked for a host as it is written, and then without the port 443', async () => {
  const folder = await temporaryFolder();
  const script = (kept: string) =>
    `read host; if [ "$host" = ${kept} ]; then echo '{"Username":"u","Secret":"s"}'; else echo "credentials not found in native keychain"; exit 1; fi`;
  await helper(folder, 'docker', script('own.test:443'));
  await helper(folder, 'ours', script('own.test'));
  for (const name of ['docker', 'ours']) {
    const config = { credHelpers: { 'own.test:443': name } };
    const source = await dockerSource(config, { PATH: `${folder}:${path}` });
    expect(await source.find('own.test:443', 'app')).toMatchObject({ username: 'u' });
  }
});

test('a helper that fails is run once, too', async () => {
  const folder = await temporaryFolder();
  const log = join(folder, 'log');
  await helper(folder, 'own', `echo run >> ${log}; exit 3`);
  const source = await dockerSource({ credsStore: 'own' }, { PATH: `${folder}:${path}` });
  for (const name of ['a', 'b']) {
    expect(await rejection(source.find('own.test', name))).toMatchObject({
      code: 'CREDENTIAL_HELPER_FAILED',
    });
  }
  expect(await readFile(log, 'utf8')).toBe('run\n');
});

test('a helper without credentials, and a store that is not installed, leave it to auths', async () => {
  const folder = await temporaryFolder();
  await helper(folder, 'own', 'echo "credentials not found in native keychain"; exit 1');
  const config = { ...auths(['own.test', 'other.test'], 'auths'), credHelpers: { 'own.test': 'own' } };
  const source = await dockerSource({ ...config, credsStore: 'gone' }, { PATH: `${folder}:${path}` });
  expect(await source.find('own.test', 'app')).toMatchObject({ username: 'auths' });
  expect(await source.find('other.test', 'app')).toMatchObject({ username: 'auths' });
});

test.each([
  ['is not installed', 'gone', 'not on the PATH'],
  ['fails', 'fails', 'exit code 3'],
  ['answers nonsense', 'nonsense', 'not valid JSON'],
  ['answers without a secret', 'partial', 'lacks Username or Secret'],
  ['writes without end', 'endless', 'wrote too much'],
  ['hangs', 'hangs', 'ended'],
  ['has a path for a name', '../evil', 'characters'],
  ['has shell syntax for a name', 'x;touch', 'characters'],
])('a helper that %s is an error that quotes nothing of it', async (_, name, words) => {
  const folder = await temporaryFolder();
  await helper(folder, 'fails', 'echo s3cret; echo s3cret >&2; exit 3');
  await helper(folder, 'nonsense', 'echo s3cret');
  await helper(folder, 'partial', 'echo \'{"Username":"s3cret"}\'');
  await helper(folder, 'endless', 'while :; do echo s3cret s3cret s3cret s3cret; done');
  await helper(folder, 'hangs', 'exec sleep 1000');
  const source = await dockerSource(
    { credHelpers: { 'a.test': name } },
    { PATH: `${folder}:${path}` },
    name === 'hangs' ? 100 : undefined,
  );
  const error = await rejection(source.find('a.test', 'app'));
  expect(error).toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED', kind: 'authentication' });
  expect(error.message).toContain(words);
  expect(everythingShown(error)).not.toContain('s3cret');
});

test('the advice to try a helper names it as it can be run, and none that was refused', async () => {
  const source = await dockerSource({
    credHelpers: { 'a.test': 'gone', 'docker.io': 'gone', 'b.test': '../evil', 'c.test': 'x;touch' },
  });
  const advice = async (host: string) => (await rejection(source.find(host, 'app'))).suggestions;
  expect(await advice('a.test')).toContain('Try it by hand: echo a.test | docker-credential-gone get');
  expect(await advice('docker.io')).toContain(
    'Try it by hand: echo https://index.docker.io/v1/ | docker-credential-gone get',
  );
  for (const host of ['b.test', 'c.test']) {
    expect((await advice(host)).join('\n')).not.toContain('docker-credential');
  }
});

async function helper(folder: string, name: string, script: string): Promise<void> {
  const file = join(folder, `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}
