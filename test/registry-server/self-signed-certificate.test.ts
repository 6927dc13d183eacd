import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { selfSignedCertificate } from '../../src/registry-server/self-signed-certificate.ts';
import { requireTool } from '../support/required-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

const request = {
  commonName: 'palette-edge serve',
  names: ['127.0.0.1', '::1', 'fd00:0:0:1::2:3', 'localhost', 'registry.site.example'],
  notBefore: new Date('2026-11-25T01:02:03Z'),
  notAfter: new Date('2051-02-03T04:05:06Z'),
};

test('the certificate is for the names, is no authority, and belongs to the key', () => {
  const { cert, key } = selfSignedCertificate(request);
  const certificate = new X509Certificate(cert);
  expect(certificate.subjectAltName).toBe(
    'IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:FD00:0:0:1:0:0:2:3, DNS:localhost, DNS:registry.site.example',
  );
  expect(certificate.subject).toBe('CN=palette-edge serve');
  expect(certificate.validFromDate).toEqual(request.notBefore);
  expect(certificate.validToDate).toEqual(request.notAfter);
  expect(certificate.ca).toBe(false);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  for (const name of ['localhost', 'registry.site.example']) expect(certificate.checkHost(name)).toBe(name);
  expect(certificate.checkHost('elsewhere.example')).toBeUndefined();
  for (const address of ['127.0.0.1', '::1', 'fd00:0:0:1::2:3'])
    expect(certificate.checkIP(address)).toBe(address);
  expect(certificate.checkIP('127.0.0.2')).toBeUndefined();
});

test('no two have a serial number or key in common', () => {
  const [first, second] = [selfSignedCertificate(request), selfSignedCertificate(request)];
  const serials = [first, second].map(({ cert }) => new X509Certificate(cert).serialNumber);
  expect(new Set(serials).size).toBe(2);
  expect(first.key).not.toBe(second.key);
});

test('openssl takes it, strictly, for the names that it is for and no others', async () => {
  const path = join(await temporaryFolder(), 'certificate.pem');
  await writeFile(path, selfSignedCertificate(request).cert);
  const verify = async (...expected: readonly string[]) => {
    const flags = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', path, ...expected, path];
    return (await run(requireTool('openssl'), flags, { encoding: 'utf8' })).stdout;
  };
  for (const expected of [
    ['-verify_ip', '127.0.0.1'],
    ['-verify_ip', '::1'],
    ['-verify_hostname', 'registry.site.example'],
  ])
    expect(await verify(...expected)).toBe(`${path}: OK\n`);
  await expect(verify('-verify_hostname', 'elsewhere.example')).rejects.toThrow('hostname mismatch');
});

test('many names do not fit into a short length', () => {
  const names = Array.from({ length: 3000 }, (_, index) => `host-${index}.site.example`);
  const certificate = new X509Certificate(selfSignedCertificate({ ...request, names }).cert);
  expect(certificate.checkHost('host-2999.site.example')).toBe('host-2999.site.example');
});
