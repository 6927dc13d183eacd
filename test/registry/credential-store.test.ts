import { lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { eraseLogin, loginFile, storeLogin } from '../../src/registry/credential-store.ts';
import { createCredentialSource } from '../../src/registry/credentials.ts';
import { helperPath, helperRuns, writeHelper, writeKeepingHelper } from '../support/credential-helpers.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const login = { registry: 'a.test', username: 'edge', password: 's3cret:with "quotes"\n and ü' };
const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');

test.each([
  [{ REGISTRY_AUTH_FILE: '/x/auth.json', DOCKER_CONFIG: '/y' }, '/x/auth.json'],
  [{ REGISTRY_AUTH_FILE: '', DOCKER_CONFIG: '/y' }, '/y/config.json'],
  [{ DOCKER_CONFIG: '' }, '/home/me/.docker/config.json'],
])('with %j the file is %s', (environment, path) => {
  expect(loginFile(environment, '/home/me')).toBe(path);
});

describe('a login in a file', () => {
  test('makes folder and file for the user alone, and is found again', async () => {
    const homeFolder = await temporaryFolder();
    const path = loginFile({}, homeFolder);
    expect(await storeLogin(login, { path, environment: {} })).toEqual({ path, helper: undefined });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(homeFolder, '.docker'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(homeFolder, '.docker'))).toEqual(['config.json']);
    const source = createCredentialSource({ environment: {}, homeFolder });
    expect(await source.find('a.test', 'org/app')).toMatchObject({
      username: login.username,
      password: login.password,
    });
  });

  test('leaves everything else as it was, in its order', async () => {
    const before = {
      HttpHeaders: { 'User-Agent': 'x' },
      auths: { 'z.test': { auth: 'eTp6', email: 'z@z' }, 'a.test': { auth: 'b2xkOm9sZA==' }, 'b.test': {} },
      psFormat: 'table',
      ['__proto__']: { kept: true },
    };
    const path = await fileWith(before);
    await storeLogin(login, { path, environment: {} });
    const expected = { ...before, auths: { ...before.auths, 'a.test': { auth } } };
    expect(await readFile(path, 'utf8')).toBe(`${JSON.stringify(expected, null, '\t')}\n`);
  });

  test('takes the place of older entries under other spellings', async () => {
    const path = await fileWith({
      auths: {
        'https://a.test/v2/': { auth: 'b2xkOm9sZA==' },
        'A.test': { identitytoken: 'old' },
        'a.test/org': {},
      },
    });
    await storeLogin(login, { path, environment: {} });
    expect(await auths(path)).toEqual({ 'a.test/org': {}, 'a.test': { auth } });
  });

  test('is under the name that docker looks for, for Docker Hub', async () => {
    const path = await fileWith({ auths: { 'docker.io': { auth: 'b2xkOm9sZA==' } } });
    await storeLogin({ ...login, registry: 'docker.io' }, { path, environment: {} });
    expect(await auths(path)).toEqual({ 'https://index.docker.io/v1/': { auth } });
  });

  test('closes a file that was open to others, and mends an entry that made no sense', async () => {
    const path = await fileWith({ auths: { 'a.test': { auth: 'AAAA' } } });
    expect((await stat(path)).mode & 0o077).not.toBe(0);
    await storeLogin(login, { path, environment: {} });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await auths(path)).toEqual({ 'a.test': { auth } });
  });

  test.each([['that is there'], ['that is not there yet']])('keeps a link to a file %s', async (which) => {
    const folder = await temporaryFolder();
    const [path, target] = [join(folder, 'config.json'), join(folder, 'real', 'target.json')];
    await mkdir(join(folder, 'real'));
    await symlink('real/target.json', path);
    if (which === 'that is there') await writeFile(target, '{"auths": {}}');
    await storeLogin(login, { path, environment: {} });
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    expect(await readlink(path)).toBe('real/target.json');
    expect(await auths(target)).toEqual({ 'a.test': { auth } });
  });

  test('is not written over what is no Docker config', async () => {
    const path = await fileWith({});
    await writeFile(path, 's3cret {');
    const error = await rejection(storeLogin(login, { path, environment: {} }));
    expect(error).toMatchObject({ code: 'CREDENTIAL_FILE_INVALID' });
    expect(everythingShown(error)).not.toContain('s3cret');
    expect(await readFile(path, 'utf8')).toBe('s3cret {');
  });

  test('that cannot be written is told with its path, without the password', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    const error = await rejection(
      storeLogin(login, { path: join(folder, 'file', 'c.json'), environment: {} }),
    );
    expect(error.message).toContain(`writing the Docker config ${folder}/file/c.json failed`);
    expect(everythingShown(error)).not.toContain('s3cret');
    expect(everythingShown(error)).not.toContain(auth);
  });
});

describe('a login with a credential helper', () => {
  test.each([
    ['credHelpers', { credHelpers: { 'a.test': 'own' }, credsStore: 'gone' }],
    ['credsStore', { credHelpers: { 'b.test': 'gone' }, credsStore: 'own' }],
  ])('of %s is nowhere but there', async (_which, document) => {
    const folder = await temporaryFolder();
    await writeKeepingHelper(folder, 'own');
    const path = await fileWith({ ...document, auths: { 'a.test': { auth: 'b2xkOm9sZA==' } } });
    const options = { path, environment: { PATH: helperPath(folder) } };
    expect(await storeLogin(login, options)).toEqual({ path, helper: 'docker-credential-own' });
    expect(JSON.parse(await readFile(join(folder, 'kept'), 'utf8'))).toEqual({
      ServerURL: 'a.test',
      Username: login.username,
      Secret: login.password,
    });
    expect(await auths(path)).toEqual({ 'a.test': {} });
    const { runs, environment } = await helperRuns(folder);
    expect(runs).toEqual([`${folder}/docker-credential-own store`]);
    expect(environment).not.toContain('s3cret');

    const source = createCredentialSource({
      environment: { ...options.environment, REGISTRY_AUTH_FILE: path },
      homeFolder: folder,
    });
    expect(await source.find('a.test', 'app')).toMatchObject({ password: login.password });

    expect(await eraseLogin('a.test', options)).toEqual({ path, helper: 'docker-credential-own' });
    expect(await auths(path)).toEqual({});
    expect(await eraseLogin('a.test', options)).toBeUndefined();
  });

  test.each([
    ['is not installed', 'gone', 'it is not on the PATH'],
    ['fails', 'fails', 'it ended with exit code 3'],
    ['hangs', 'hangs', 'it took too long and was ended'],
    ['has a path for a name', '../evil', 'its name has characters'],
  ])('that %s is an error: the password goes nowhere else', async (_what, credsStore, reason) => {
    const folder = await temporaryFolder();
    await writeHelper(folder, 'fails', 'cat; cat >&2; exit 3');
    // Not exec: what the helper started holds its output open.
    await writeHelper(folder, 'hangs', 'sleep 20');
    const path = await fileWith({ credsStore });
    const before = await readFile(path, 'utf8');
    const options = {
      path,
      environment: { PATH: helperPath(folder) },
      timeoutMs: credsStore === 'hangs' ? 100 : 60_000,
    };
    const error = await rejection(storeLogin(login, options));
    expect(error).toMatchObject({ code: 'CREDENTIAL_HELPER_FAILED', kind: 'authentication' });
    expect(error.message).toContain(reason);
    expect(everythingShown(error)).not.toContain('s3cret');
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test('that does not read its input is judged by how it ends', async () => {
    const folder = await temporaryFolder();
    await writeHelper(folder, 'deaf', 'exec <&-; exit 0');
    const path = await fileWith({ credsStore: 'deaf' });
    const long = { ...login, password: 'x'.repeat(1024 * 1024) };
    const stored = await storeLogin(long, { path, environment: { PATH: helperPath(folder) } });
    expect(stored.helper).toBe('docker-credential-deaf');
  });

  test('stops waiting when interrupted', async () => {
    const folder = await temporaryFolder();
    await writeHelper(folder, 'hangs', 'exec sleep 1000');
    const options = {
      path: await fileWith({ credsStore: 'hangs' }),
      environment: { PATH: helperPath(folder) },
    };
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(storeLogin(login, { ...options, signal })).rejects.toThrow('enough');
  });
});

describe('a logout', () => {
  test('takes out every spelling of the registry, and nothing else', async () => {
    const path = await fileWith({
      auths: { 'https://index.docker.io/v1/': {}, 'docker.io': {}, 'docker.io/org': {}, 'b.test': {} },
    });
    expect(await eraseLogin('docker.io', { path, environment: {} })).toEqual({ path, helper: undefined });
    expect(await auths(path)).toEqual({ 'docker.io/org': {}, 'b.test': {} });
  });

  test('of nobody touches nothing', async () => {
    const path = await fileWith({ auths: { 'b.test': {} } });
    const before = await stat(path);
    expect(await eraseLogin('a.test', { path, environment: {} })).toBeUndefined();
    expect((await stat(path)).ino).toBe(before.ino);
    const missing = join(await temporaryFolder(), 'none.json');
    expect(await eraseLogin('a.test', { path: missing, environment: {} })).toBeUndefined();
    await expect(stat(missing)).rejects.toThrow('ENOENT');
  });
});

async function fileWith(document: object): Promise<string> {
  const path = join(await temporaryFolder(), 'config.json');
  await writeFile(path, JSON.stringify(document), { mode: 0o644 });
  return path;
}

async function auths(path: string): Promise<unknown> {
  const { auths: found }: { auths: unknown } = JSON.parse(await readFile(path, 'utf8'));
  return found;
}
