import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { wireRegistry } from '../../src/cli/wire-registry.ts';
import type { RegistryFlags } from '../../src/cli/registry-flags.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { startServer } from '../support/loopback-server.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const usual: RegistryFlags = {
  concurrency: 2,
  'cred-file-path': undefined,
  'plain-http': [],
  insecure: [],
  'ca-cert': [],
  'cert-dir': undefined,
  'max-rate': undefined,
  mirror: [],
  'registries-file': false,
};

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
