import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { readCertificateFolders } from '../../src/cli/certificate-folders.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeClientCertificate, makeTlsFiles } from '../support/tls-files.ts';

test('authorities and client certificates are read by host, other files are passed over', async () => {
  const { folder, hostFolder, caPem, certificate } = await certificateFolder('Registry.test:5000');
  await copyFile(join(hostFolder, 'ca.crt'), join(hostFolder, 'more.crt'));
  await writeFile(join(hostFolder, 'README'), 'nothing');
  await writeFile(join(folder, 'notes.txt'), 'nothing');
  await mkdir(join(folder, 'empty.test'));
  const found = await read(folder);
  expect([...found.keys()]).toEqual(['registry.test:5000']);
  expect(found.get('registry.test:5000')).toEqual({
    authorities: [
      { name: join(hostFolder, 'ca.crt'), pem: caPem },
      { name: join(hostFolder, 'more.crt'), pem: caPem },
    ],
    certificate: { name: join(hostFolder, 'client.cert'), ...certificate },
  });
});

test('a named folder that is not there is told with its flag', async () => {
  const error = await rejection(read('/nowhere/certs.d'));
  expect(error).toMatchObject({ code: 'FILE_NOT_FOUND' });
  expect(error.message).toContain('/nowhere/certs.d (--cert-dir)');
});

test('what is wrong in a named folder is told with its file', async () => {
  const { folder, hostFolder } = await certificateFolder('registry.test');
  await writeFile(join(hostFolder, 'client.key'), 'no key');
  const unreadable = await rejection(read(folder));
  expect(unreadable).toMatchObject({ code: 'CLIENT_CERTIFICATE_INVALID', kind: 'usage' });
  expect(unreadable.message).toContain(join(hostFolder, 'client.cert'));
  await rm(join(hostFolder, 'client.key'));
  const missing = await rejection(read(folder));
  expect(missing).toMatchObject({ code: 'CLIENT_CERTIFICATE_INVALID', kind: 'usage' });
  expect(missing.suggestions).toEqual(['Put its private key beside it, as client.key.']);
  await rm(join(hostFolder, 'client.cert'));
  await writeFile(join(hostFolder, 'ca.crt'), 'no certificate');
  const authority = await rejection(read(folder));
  expect(authority).toMatchObject({ code: 'CA_CERTIFICATE_INVALID', kind: 'usage' });
  expect(everythingShown(authority)).toContain(join(hostFolder, 'ca.crt'));
});

test('without a named folder the user’s own is read, and what cannot be read there is passed over', async () => {
  const home = await temporaryFolder();
  const folder = join(home, '.config', 'containers', 'certs.d');
  const { caPem } = await certificateFolder('good.test', folder);
  const { hostFolder: keyless } = await certificateFolder('keyless.test', folder);
  await rm(join(keyless, 'client.key'));
  const { hostFolder: secret } = await certificateFolder('secret.test', folder);
  await rm(join(secret, 'client.key'));
  await mkdir(join(secret, 'client.key'));
  const found = await readCertificateFolders({ named: undefined, environment: {}, homeFolder: home });
  expect(found.get('good.test')?.authorities?.[0]?.pem).toBe(caPem);
  expect(found.has('keyless.test')).toBe(false);
  expect(found.has('secret.test')).toBe(false);

  const elsewhere = { XDG_CONFIG_HOME: join(home, '.config') };
  const same = await readCertificateFolders({
    named: undefined,
    environment: elsewhere,
    homeFolder: '/nowhere',
  });
  expect(same.has('good.test')).toBe(true);
  const none = await readCertificateFolders({ named: undefined, environment: {}, homeFolder: '/nowhere' });
  expect(none.has('good.test')).toBe(false);
});

async function read(named: string) {
  return await readCertificateFolders({ named, environment: {}, homeFolder: '/nowhere' });
}

/** A folder for one host with an authority, a client certificate and its key. */
async function certificateFolder(host: string, below?: string) {
  const folder = below ?? (await temporaryFolder());
  const hostFolder = join(folder, host);
  await mkdir(hostFolder, { recursive: true });
  const made = await temporaryFolder();
  const { caPem } = await makeTlsFiles(made);
  const certificate = await makeClientCertificate(made);
  await writeFile(join(hostFolder, 'ca.crt'), caPem);
  await writeFile(join(hostFolder, 'client.cert'), certificate.cert);
  await writeFile(join(hostFolder, 'client.key'), certificate.key);
  await chmod(join(hostFolder, 'client.key'), 0o600);
  return { folder, hostFolder, caPem, certificate };
}
