import { once } from 'node:events';
import { connect } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { runningRegistry, uploadBlob } from '../support/running-registry.ts';
import { getTrusting, loopbackCertificate } from '../support/trusting-client.ts';

test('who trusts the certificate is served, and nobody else', async () => {
  const plain = await runningRegistry();
  const blob = await uploadBlob(plain, 'text');
  const tls = loopbackCertificate();
  const { host } = await runningRegistry({ content: plain.content, tls });
  const url = `https://${host}/v2/org/app/blobs/${blob.digest}`;
  expect(await getTrusting(url, tls.cert)).toEqual({ status: 200, body: 'text' });
  await expect(getTrusting(url, loopbackCertificate().cert)).rejects.toThrow('certificate');
  await expect(fetch(url)).rejects.toThrow('fetch failed');
  await expect(fetch(url.replace('https', 'http'))).rejects.toThrow('fetch failed');
});

test('a certificate for other names is not taken by clients', async () => {
  const tls = loopbackCertificate(['registry.site.example']);
  const { host } = await runningRegistry({ tls });
  await expect(getTrusting(`https://${host}/v2/`, tls.cert)).rejects.toThrow(
    "does not match certificate's altnames",
  );
});

test('clients that connect and say nothing do not keep it from closing', async () => {
  const limits = { connectionIdleMs: 3_600_000, closeGraceMs: 3_600_000 };
  const registry = await runningRegistry({ tls: loopbackCertificate(), limits });
  const silent = connect(registry.port, '127.0.0.1');
  onTestFinished(() => void silent.destroy());
  await once(silent, 'connect');
  // By the next answer the server has seen the one that connected before.
  await getTrusting(`https://${registry.host}/healthz`, '').catch(() => undefined);
  const ended = once(silent, 'close');
  silent.resume().on('error', () => undefined);
  await registry.close();
  await ended;
  expect(silent.destroyed).toBe(true);
});
