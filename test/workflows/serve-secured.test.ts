import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { sampleServedBundle } from '../support/sample-served-bundle.ts';
import { bundleFile, servingBundles } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTlsFiles } from '../support/tls-files.ts';
import { getTrusting } from '../support/trusting-client.ts';
import { readFile } from 'node:fs/promises';
import { serveWarnings } from '../../src/workflows/serve-warnings.ts';

const sample = await sampleServedBundle();
const login = { username: 'edge', password: 's3cret:ü' };
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

async function secured() {
  const folder = await temporaryFolder();
  const names = ['127.0.0.1', 'localhost'];
  return await servingBundles([await bundleFile(sample.bytes)], {
    certificate: { kind: 'selfSigned', folder, names },
    login,
  });
}

test('clients that trust the certificate and log in are served', async () => {
  const { origin, certificate, username, host } = await secured();
  expect({ origin, username }).toEqual({ origin: `https://${host}`, username: 'edge' });
  const ca = await readFile(certificate?.path ?? '', 'utf8');
  const url = `${origin}/v2/library/nginx/manifests/1.27`;
  const answer = await getTrusting(url, ca, basic('edge:s3cret:ü'));
  expect(answer).toEqual({ status: 200, body: String(sample.blobs.get(sample.nginx.digest)) });
  for (const headers of [
    {},
    basic('edge:s3cret'),
    basic('other:s3cret:ü'),
    basic(''),
    { authorization: 'Bearer x' },
  ])
    expect(await getTrusting(url, ca, headers)).toMatchObject({ status: 401 });
  expect(await getTrusting(`${origin}/healthz`, ca)).toMatchObject({ status: 200 });
});

test('what is told of the certificate and the login has neither key nor password', async () => {
  const { stop } = await secured();
  const text = JSON.stringify(await stop());
  expect(text).toContain('palette-edge-serve.crt');
  expect(text).not.toContain('PRIVATE KEY');
  expect(text).not.toContain('s3cret');
});

test('what clients call it is told when that is not where it listens', async () => {
  const { origin } = await servingBundles([await bundleFile(sample.bytes)], {
    advertised: 'https://registry.site',
  });
  expect(origin).toBe('https://registry.site');
});

test('clients are told an address that they can use, and the name that was given', async () => {
  const path = await bundleFile(sample.bytes);
  const every = await servingBundles([path], { address: '0.0.0.0' });
  expect(every.host).toMatch(/^0\.0\.0\.0:/);
  expect(every.origin).not.toContain('0.0.0.0');
  expect((await fetch(`${every.origin}/healthz`)).status).toBe(200);
  expect((await servingBundles([path], { address: 'localhost' })).origin).toMatch(/^http:\/\/localhost:\d+$/);
});

test('a certificate that cannot be used is told before anything listens', async () => {
  const { certificatePath, caPem } = await makeTlsFiles(await temporaryFolder());
  expect(caPem).toContain('CERTIFICATE');
  const keyPath = join(await temporaryFolder(), 'none.key');
  const serving = servingBundles([await bundleFile(sample.bytes)], {
    certificate: { kind: 'files', certPath: certificatePath, keyPath },
  });
  await expect(serving).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});

describe('warnings', () => {
  const now = new Date('2026-11-26T12:00:00Z');
  const certificate = {
    path: 'a.crt',
    fingerprint: '',
    names: [],
    notBefore: '2026-11-26T11:00:00.000Z',
    notAfter: '2026-11-26T13:00:00.000Z',
    isSelfSigned: false,
    isNew: false,
  };
  const open = { address: '10.0.0.5', host: '10.0.0.5:5080' };
  const own = { address: '127.0.0.2', host: '127.0.0.2:5080' };
  const codesOf = (reach: Partial<Parameters<typeof serveWarnings>[0]>) =>
    serveWarnings({ server: open, certificate: undefined, hasLogin: false, now, ...reach }).map(
      ({ code }) => code,
    );

  test('tell who can come, and who can listen', () => {
    expect(codesOf({})).toEqual(['SERVED_TO_ALL']);
    expect(codesOf({ certificate })).toEqual(['SERVED_TO_ALL']);
    expect(codesOf({ hasLogin: true })).toEqual(['PASSWORD_IN_THE_CLEAR']);
    expect(codesOf({ hasLogin: true, certificate })).toEqual([]);
    expect(codesOf({ server: own })).toEqual([]);
    expect(codesOf({ server: own, hasLogin: true })).toEqual([]);
  });

  test('tell what this machine is called and the certificate is not for', () => {
    const lacking = { ...certificate, missingNames: ['10.0.0.6'] };
    expect(codesOf({ server: own, certificate: lacking })).toEqual(['CERTIFICATE_NAMES_MISSING']);
  });

  test.each(['2026-11-26T10:59:59Z', '2026-11-26T13:00:01Z'])(
    'tell that at %s no client takes the certificate',
    (time) => {
      expect(codesOf({ server: own, certificate, now: new Date(time) })).toEqual(['CERTIFICATE_NOT_VALID']);
    },
  );
});
