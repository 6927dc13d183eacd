import { expect, onTestFinished, test } from 'vitest';

import { readMirrors } from '../../src/cli/registries-mirrors.ts';
import { parseRegistriesYaml } from '../../src/cli/registries-piece.ts';
import { HttpClient } from '../../src/http/http-client.ts';
import { apiRootUrl } from '../../src/registry/repository-name.ts';
import { mirrorHosts, routesOf } from '../../src/registry/route.ts';
import type { MirrorEndpoint } from '../../src/registry/route.ts';

test.each<[endpoint: string, expected: MirrorEndpoint, plain: string[]]>([
  ['https://a.corp', { registry: 'a.corp', path: '' }, []],
  ['https://A.corp:5000/', { registry: 'a.corp:5000', path: '' }, []],
  ['https://a.corp/v2/', { registry: 'a.corp', path: '' }, []],
  ['http://a.corp:5000', { registry: 'a.corp:5000', path: '' }, ['a.corp:5000']],
  ['http://a.corp/v2', { registry: 'a.corp', path: '', apiRoot: 'http://a.corp/v2' }, ['a.corp:80']],
  ['http://a.corp/v2/hub', { registry: 'a.corp', path: 'hub', apiRoot: 'http://a.corp/v2' }, ['a.corp:80']],
  [
    'http://a.corp:443',
    { registry: 'a.corp:443', path: '', apiRoot: 'http://a.corp:443/v2' },
    ['a.corp:443'],
  ],
  ['https://a.corp:443', { registry: 'a.corp', path: '' }, []],
  ['https://a.corp/v2/hub/x', { registry: 'a.corp', path: 'hub/x' }, []],
  ['https://a.corp/docker/v2/', { registry: 'a.corp', path: '', apiRoot: 'https://a.corp/docker/v2' }, []],
  ['http://a.corp:81/x', { registry: 'a.corp:81', path: '', apiRoot: 'http://a.corp:81/x' }, ['a.corp:81']],
  ['https://a.corp/v2x', { registry: 'a.corp', path: '', apiRoot: 'https://a.corp/v2x' }, []],
  ['a.corp', { registry: 'a.corp', path: '' }, []],
  ['a.corp:5000/v2/hub', { registry: 'a.corp:5000', path: 'hub' }, []],
  ['localhost:5000', { registry: 'localhost:5000', path: '' }, ['localhost:5000']],
  ['127.0.0.1:5000', { registry: '127.0.0.1:5000', path: '' }, ['127.0.0.1:5000']],
  ['localhost', { registry: 'localhost', path: '' }, []],
  ['https://localhost:5000', { registry: 'localhost:5000', path: '' }, []],
  ['http://[fd00::1]:5000', { registry: '[fd00::1]:5000', path: '' }, ['[fd00::1]:5000']],
  ['[::1]:5000', { registry: '[::1]:5000', path: '' }, ['[::1]:5000']],
  ['https://registry-1.docker.io', { registry: 'docker.io', path: '' }, []],
])('%s', (endpoint, expected, plain) => {
  const { registries, plainHttpHosts } = read({ 'quay.io': { endpoint: [endpoint] } });
  expect(registries.get('quay.io')?.endpoints).toEqual([expected]);
  expect([...plainHttpHosts]).toEqual(plain);
});

test('the order is kept, and names of Docker Hub are one', () => {
  const { registries } = read({ 'index.docker.io': { endpoint: ['b.corp', 'a.corp'] }, '*': {} });
  expect([...registries.keys()]).toEqual(['docker.io', '*']);
  expect(registries.get('docker.io')?.endpoints.map(({ registry }) => registry)).toEqual([
    'b.corp',
    'a.corp',
  ]);
});

test('one port with both schemes: each is asked with its own', () => {
  const { registries } = read({ 'a.io': { endpoint: ['https://b.corp:5000', 'http://b.corp:5000'] } });
  expect(registries.get('a.io')?.endpoints).toEqual([
    { registry: 'b.corp:5000', path: '', apiRoot: 'https://b.corp:5000/v2' },
    { registry: 'b.corp:5000', path: '' },
  ]);
});

test('one host with both schemes and without a port: HTTPS stays HTTPS', () => {
  const { registries, plainHttpHosts } = read({ 'a.io': { endpoint: ['https://b.corp', 'http://b.corp'] } });
  const client = new HttpClient({
    plainHttpHosts,
    insecureHosts: new Set(),
    caCertificates: [],
    userAgent: 'test/1',
  });
  onTestFinished(async () => await client.close());
  const routes = routesOf({ registry: 'a.io', repository: 'app' }, { prefixes: [], registries });
  expect(routes.map((route) => apiRootUrl(client, route).href)).toEqual([
    'https://b.corp/v2/',
    'http://b.corp/v2/',
    'https://a.io/v2/',
  ]);
  expect(apiRootUrl(client, { registry: 'b.corp' }).href).toBe('https://b.corp/v2/');
});

test('a registry that the file says is plain HTTP is one place, not its own mirror', () => {
  const { registries } = read({ 'a.corp:5000': { endpoint: ['http://a.corp:5000'] } });
  const original = { registry: 'a.corp:5000', repository: 'app' };
  expect(routesOf(original, { prefixes: [], registries })).toEqual([original]);
});

test('the port 443 may be written or not', () => {
  const { registries } = read({ 'a.corp:443': { endpoint: ['b.corp:443'] } });
  expect([...registries]).toEqual([
    ['a.corp', { endpoints: [{ registry: 'b.corp', path: '' }], rewrites: [] }],
  ]);
  for (const registry of ['a.corp', 'a.corp:443'])
    expect(mirrorHosts(registry, { prefixes: [], registries })).toEqual(['b.corp']);
});

test('no section, no mirrors', () => {
  expect(readMirrors(undefined).registries.size).toBe(0);
});

function read(mirrors: object) {
  return readMirrors(parseRegistriesYaml(JSON.stringify(mirrors), 'registries.yaml'));
}
