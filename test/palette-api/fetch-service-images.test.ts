import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { fetchServiceImages, paletteServices } from '../../src/palette-api/fetch-service-images.ts';
import { startServer } from '../support/loopback-server.ts';
import { failure, send, startPaletteServer } from '../support/palette-server.ts';
import { paletteClientOf } from '../support/palette-server-client.ts';
import { rejection } from '../support/rejection.ts';

const never = new AbortController().signal;

test('the list is that of the version that Palette runs', async () => {
  const server = await startPaletteServer();
  const { client } = paletteClientOf(server.host);
  expect(await fetchServiceImages(client, 'stylus', never)).toEqual({
    service: 'stylus',
    version: '4.8.1',
    text: expect.stringContaining('stylus-framework-linux-amd64:v4.8.1'),
  });
  expect(server.requests.map(({ url }) => url)).toEqual([
    '/v1/services/stylus/version',
    '/v1/services/stylus/versions/4.8.1/manifest?action=resources&resourceFilename=images.yaml',
  ]);
});

test('a service that this Palette does not have has no list', async () => {
  const server = await startPaletteServer();
  const { client } = paletteClientOf(server.host);
  expect(await fetchServiceImages(client, 'lodge', never)).toBeUndefined();
});

test('a service without a list is told from one that is not there', async () => {
  const server = await startPaletteServer({
    fault: (operation, response) => {
      if (operation.id !== 'v1ServiceManifestGet') return false;
      send(response, failure(404, 'ResourceNotFound', 'no such file'));
      return true;
    },
  });
  const { client } = paletteClientOf(server.host);
  const list = await fetchServiceImages(client, 'jet', never);
  expect(list).toEqual({ service: 'jet', version: '4.8.2', text: undefined });
});

test('any other failure is one', async () => {
  const server = await startPaletteServer({
    fault: (_operation, response) => {
      send(response, failure(403, 'Forbidden', 'no'));
      return true;
    },
  });
  const { client } = paletteClientOf(server.host);
  expect(await rejection(fetchServiceImages(client, 'stylus', never))).toMatchObject({
    code: 'PALETTE_FORBIDDEN',
  });
});

test('every service of the description is known, and no other', () => {
  const file = new URL('../../fixtures/palette-api/palette-api.swagger.json', import.meta.url);
  const description: {
    paths: Partial<Record<string, { get: { parameters: { name: string; enum?: string[] }[] } }>>;
  } = JSON.parse(readFileSync(file, 'utf8'));
  const parameters = description.paths['/v1/services/{serviceName}/version']?.get.parameters ?? [];
  const names = parameters.find(({ name }) => name === 'serviceName')?.enum ?? [];
  expect(names.length).toBeGreaterThan(10);
  expect(paletteServices.toSorted()).toEqual(names.toSorted());
});

async function serviceServer(latestVersion: unknown, manifests: unknown) {
  return await startServer((request, response) => {
    const isVersion = request.url?.endsWith('/version') === true;
    response.end(JSON.stringify({ spec: isVersion ? { latestVersion } : { manifests } }));
  });
}

const images = [{ name: 'images.yaml', content: '- a.io/b:1' }];

test.each([
  ['alone', { content: '4.8.1' }, '4.8.1'],
  ['alone on a line', { content: '4.8.1\n' }, '4.8.1'],
  ['of a file of YAML', { content: '# x\nversion: "v4.8.1-rc.2"\n' }, 'v4.8.1-rc.2'],
  ['of a file of JSON', { content: '{\n  "latestVersion": "4.8"\n}' }, '4.8'],
  ['as the name', { name: '4.8.1' }, '4.8.1'],
])('a version is read %s', async (_what, latestVersion, version) => {
  const server = await serviceServer(latestVersion, images);
  const list = await fetchServiceImages(paletteClientOf(server.host).client, 'stylus', never);
  expect(list?.version).toBe(version);
});

test.each([[{}], [null], [{ content: '../../v1/users' }], [{ content: '' }], [{ content: 7 }]])(
  '%j is no version',
  async (latestVersion) => {
    const server = await serviceServer(latestVersion, images);
    const list = fetchServiceImages(paletteClientOf(server.host).client, 'stylus', never);
    expect(await rejection(list)).toMatchObject({ code: 'PALETTE_ANSWER_INVALID' });
    expect(server.requests).toHaveLength(1);
  },
);

test.each([
  ['by its name', [{ name: 'x', content: 'x' }, ...images], '- a.io/b:1'],
  [
    'by its path',
    [
      { name: 'x', content: 'x' },
      { path: 'a/images.yaml', content: 'y' },
    ],
    'y',
  ],
  ['as the only file', [{ name: 'list', content: 'z' }], 'z'],
  [
    'not among others',
    [
      { name: 'x', content: 'x' },
      { name: 'y', content: 'y' },
    ],
    undefined,
  ],
  ['not when empty', [{ name: 'images.yaml', content: ' \n' }], undefined],
  ['not at all', [], undefined],
])('the list is found %s', async (_what, manifests, text) => {
  const server = await serviceServer({ content: '1.0' }, manifests);
  const list = await fetchServiceImages(paletteClientOf(server.host).client, 'stylus', never);
  expect(list?.text).toBe(text);
});
