import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { createCredentialSource } from '../../src/registry/credentials.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { auths, base64, dockerSource, write } from './docker-source.ts';

test('sources are asked in order, and the first match wins', async () => {
  const folder = await temporaryFolder();
  const places = {
    palette: join(folder, 'palette.json'),
    authFile: join(folder, 'auth-file.json'),
    dockerConfig: join(folder, 'docker', 'config.json'),
    home: join(folder, 'home', '.docker', 'config.json'),
    runtime: join(folder, 'run', 'containers', 'auth.json'),
  };
  const hosts = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test'];
  await write(places.palette, { image: [{ endpoint: 'a.test', username: 'palette', password: 'p' }] });
  await write(places.authFile, auths(hosts.slice(0, 2), 'authFile'));
  await write(places.dockerConfig, auths(hosts.slice(0, 3), 'dockerConfig'));
  await write(places.home, auths(hosts.slice(0, 4), 'home'));
  await write(places.runtime, auths(hosts, 'runtime'));
  const source = createCredentialSource({
    credentialFilePath: places.palette,
    environment: {
      REGISTRY_AUTH_FILE: places.authFile,
      DOCKER_CONFIG: dirname(places.dockerConfig),
      XDG_RUNTIME_DIR: join(folder, 'run'),
    },
    homeFolder: join(folder, 'home'),
  });
  const found = await Promise.all(hosts.map((host) => source.find(host, 'org/app')));
  expect(found.map((credential) => credential?.username)).toEqual(Object.keys(places));
  expect(found.map((credential) => credential?.origin)).toEqual(
    Object.values(places).map((place) => expect.stringContaining(place)),
  );
  expect(await source.find('f.test', 'org/app')).toBeUndefined();
});

test('the registries file comes after the credentials file that was named, and before those of Docker', async () => {
  const folder = await temporaryFolder();
  const credentialFilePath = join(folder, 'palette.json');
  await write(credentialFilePath, { image: [{ endpoint: 'a.test', username: 'palette', password: 'p' }] });
  await write(join(folder, '.docker', 'config.json'), auths(['a.test', 'b.test', 'c.test'], 'docker'));
  const credential = { username: 'registries', password: 'p', origin: 'the test' };
  const source = createCredentialSource({
    credentialFilePath,
    registriesFile: new Map([
      ['a.test', credential],
      ['b.test', credential],
    ]),
    environment: {},
    homeFolder: folder,
  });
  const hosts = ['a.test', 'b.test', 'c.test', 'b.test:5000'];
  const found = await Promise.all(hosts.map(async (host) => await source.find(host, 'org/app')));
  expect(found.map((each) => each?.username)).toEqual(['palette', 'registries', 'docker', undefined]);
});

test('files that are not there are passed over; one that was asked for is not', async () => {
  const folder = await temporaryFolder();
  const environment = { REGISTRY_AUTH_FILE: join(folder, 'none'), DOCKER_CONFIG: folder };
  const source = createCredentialSource({ environment, homeFolder: folder });
  expect(await source.find('a.test', 'app')).toBeUndefined();

  const credentialFilePath = join(folder, 'missing.json');
  const asked = createCredentialSource({ credentialFilePath, environment, homeFolder: folder });
  const error = await rejection(asked.find('a.test', 'app'));
  expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toContain(credentialFilePath);
});

test('Docker config: user and password, identity token, empty entries, Docker Hub under its old name', async () => {
  const source = await dockerSource({
    auths: {
      'https://index.docker.io/v1/': { auth: base64('hub:pass:with:colons') },
      'padded.test': { auth: base64('user:pass\0\0') },
      'plain.test': { username: 'plain', password: 'text' },
      'token.test': { auth: base64('<token>:'), identitytoken: 'refresh' },
      'empty.test': {},
      ['__proto__']: { auth: base64('no:no') },
    },
  });
  expect(await source.find('docker.io', 'library/nginx')).toMatchObject({
    username: 'hub',
    password: 'pass:with:colons',
  });
  expect(await source.find('padded.test', 'app')).toMatchObject({ password: 'pass' });
  expect(await source.find('plain.test', 'app')).toMatchObject({ username: 'plain', password: 'text' });
  expect(await source.find('token.test', 'app')).toMatchObject({ identityToken: 'refresh' });
  expect(await source.find('empty.test', 'app')).toBeUndefined();
});

test.each([
  ['not JSON', '{"auths": {"a.test": {"auth": "c2VjcmV0OnMzY3JldA==" nonsense s3cret'],
  ['no object', '["s3cret"]'],
  ['a broken auth', JSON.stringify({ auths: { 'a.test': { auth: base64('s3cret') } } })],
])('a Docker config that is %s is named, never quoted', async (_, text) => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, '.docker'));
  await writeFile(join(folder, '.docker', 'config.json'), text);
  const source = createCredentialSource({ environment: {}, homeFolder: folder });
  const error = await rejection(source.find('a.test', 'app'));
  expect(error).toMatchObject({ code: 'CREDENTIAL_FILE_INVALID', kind: 'usage' });
  expect(error.message).toContain(join(folder, '.docker', 'config.json'));
  expect(error.suggestions).toEqual([expect.stringMatching(/^Expected \{"auths": .*docker login/)]);
  for (const secret of ['s3cret', base64('s3cret'), 'c2VjcmV0']) {
    expect(everythingShown(error)).not.toContain(secret);
  }
});

test('an entry of a Docker config that makes no sense is told to who needs it, and to nobody else', async () => {
  const folder = await temporaryFolder();
  const broken = { auth: base64('s3cret') };
  await write(join(folder, '.docker', 'config.json'), {
    auths: { 'a.test': broken, 'https://b.test': broken, 'b.test': { auth: base64('b:p') } },
  });
  const source = createCredentialSource({ environment: {}, homeFolder: folder });
  expect(await source.find('c.test', 'app')).toBeUndefined();
  expect(await source.find('b.test', 'app')).toMatchObject({ username: 'b' });
  expect(await rejection(source.find('a.test', 'app'))).toMatchObject({ code: 'CREDENTIAL_FILE_INVALID' });
});

test('an empty Docker config is one without entries', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'auth.json'), '\n');
  const environment = { REGISTRY_AUTH_FILE: join(folder, 'auth.json') };
  expect(
    await createCredentialSource({ environment, homeFolder: folder }).find('a.test', 'app'),
  ).toBeUndefined();
});

test("Palette's file: endpoints with paths, and passwords that are objects", async () => {
  const key = { type: 'service_account', private_key: 'x' };
  const source = await paletteSource({
    helm: [
      { endpoint: 'charts.test', username: 'helm', password: 'p' },
      { endpoint: 'us-docker.pkg.dev', username: 'helm', password: 'p' },
    ],
    image: [
      { endpoint: 'https://us-docker.pkg.dev/palette-images/', username: '_json_key', password: key },
      { endpoint: 'us-docker.pkg.dev', username: 'other', password: 'p' },
    ],
  });
  expect(await source.find('us-docker.pkg.dev', 'palette-images/packs/calico')).toMatchObject({
    username: '_json_key',
    password: JSON.stringify(key),
  });
  expect(await source.find('us-docker.pkg.dev', 'elsewhere/app')).toMatchObject({ username: 'other' });
  // Charts are in registries, too.
  expect(await source.find('charts.test', 'app')).toMatchObject({ username: 'helm' });
  expect(await source.find('other.test', 'app')).toBeUndefined();
});

test.each([
  ['another shape', { auths: {} }, '"image" and "helm"'],
  ['no list', { image: {} }, 'no list'],
  ['no endpoint', { image: [{ username: 'u', password: 's3cret' }] }, 'image[0] has no endpoint'],
  ['no username', { image: [{ endpoint: 'a', password: 's3cret' }] }, 'image[0] has no username'],
  ['no password', { image: [{ endpoint: 'a', username: 'u', password: 7 }] }, 'password of image[0]'],
])("a file in Palette's shape with %s says so", async (_, document, words) => {
  const source = await paletteSource(document);
  const error = await rejection(source.find('a', 'app'));
  expect(error).toMatchObject({ code: 'CREDENTIAL_FILE_INVALID', kind: 'usage' });
  expect(error.suggestions).toEqual([expect.stringMatching(/^Expected \{"image": \[\{"endpoint": /)]);
  expect(error.message).toContain(words);
  expect(everythingShown(error)).not.toContain('s3cret');
});

async function paletteSource(document: object) {
  const homeFolder = await temporaryFolder();
  const credentialFilePath = join(homeFolder, 'palette.json');
  await write(credentialFilePath, document);
  return createCredentialSource({ credentialFilePath, environment: {}, homeFolder });
}
