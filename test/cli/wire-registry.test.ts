import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished, test, vi } from 'vitest';

import { wireRegistry } from '../../src/cli/wire-registry.ts';
import type { RegistryFlags } from '../../src/cli/registry-flags.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { startServer } from '../support/loopback-server.ts';
import { startProxy } from '../support/proxy-server.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTlsFiles } from '../support/tls-files.ts';
import { usualRegistryFlags } from '../support/usual-registry-flags.ts';

const usual: RegistryFlags = { ...usualRegistryFlags, concurrency: 2 };

test.each<[what: string, flags: Partial<RegistryFlags>, code: string]>([
  ['a CA certificate that is not there', { 'ca-cert': ['/nowhere/ca.pem'] }, 'FILE_NOT_FOUND'],
  ['a CA certificate that is a folder', { 'ca-cert': ['/tmp'] }, 'NOT_A_FILE'],
  ['a credentials file that is not there', { 'cred-file-path': '/nowhere/c.json' }, 'FILE_NOT_FOUND'],
  ['a folder of certificates that is not there', { 'cert-dir': '/nowhere/certs.d' }, 'FILE_NOT_FOUND'],
  ['a rate that is none', { 'max-rate': 'fast' }, 'RATE_INVALID'],
  ['a host that is none', { insecure: ['a.io/v2'] }, 'HOST_INVALID'],
])('%s is told before anything is pulled', async (_what, flags, code) => {
  expect(await rejection(wireRegistry({ ...usual, ...flags }, 'test/1'))).toMatchObject({ code });
});

test('the client speaks plain HTTP where told to, and says who it is', async () => {
  const server = await startServer((_request, response) => response.writeHead(404).end());
  await using wiring = await wireRegistry({ ...usual, 'plain-http': [server.host] }, 'palette-edge/test');
  const client = wiring.createRegistryClient(() => undefined);
  const reference = parseReference(`${server.host}/org/app:1`);
  expect(await rejection(client.resolve(reference, new AbortController().signal))).toMatchObject({
    kind: 'notFound',
  });
  expect(server.requests.map(({ headers }) => headers['user-agent'])).toContain('palette-edge/test');
});

test('a CA certificate that is none is told as one', async () => {
  const path = join(await temporaryFolder(), 'ca.pem');
  await writeFile(path, 'not a certificate');
  const error = await rejection(wireRegistry({ ...usual, 'ca-cert': [path] }, 'test/1'));
  expect(error).toMatchObject({ kind: 'usage' });
  expect(error.message).toContain('--ca-cert');
});

test('a folder of --cert-dir goes before the registries file, when both name a host without its port', async () => {
  const folder = await temporaryFolder();
  const [used, other] = [join(folder, 'used'), join(folder, 'other')];
  for (const path of [used, other, join(folder, 'certs.d', 'a.test')]) await mkdir(path, { recursive: true });
  const { caPem, certificatePath, keyPath } = await makeTlsFiles(used, 'DNS:a.test');
  await makeTlsFiles(other);
  await writeFile(join(folder, 'certs.d', 'a.test', 'ca.crt'), caPem);
  const file = join(folder, 'registries.yaml');
  await writeFile(file, 'configs: {a.test: {tls: {ca_file: other/ca.pem}}}');
  const tls = { cert: await readFile(certificatePath), key: await readFile(keyPath) };
  const server = await startServer((_request, response) => response.end('here'), tls);
  const proxy = await startProxy({ hosts: { 'a.test:443': server.host } });
  vi.stubEnv('HTTPS_PROXY', `http://${proxy.host}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const ask = async (flags: Partial<RegistryFlags>): Promise<string> => {
    await using wiring = await wireRegistry({ ...usual, 'registries-file': file, ...flags }, 'test/1');
    const response = await wiring.http.request({ method: 'GET', url: new URL('https://a.test/') });
    return await response.readText(100);
  };
  expect(await ask({ 'cert-dir': join(folder, 'certs.d') })).toBe('here');
  expect(await rejection(ask({}))).toMatchObject({ code: 'TLS_CERTIFICATE' });
});
