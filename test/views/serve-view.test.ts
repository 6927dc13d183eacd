import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { accessView, servedView, serveView } from '../../src/views/serve-view.ts';
import type { Serving } from '../../src/workflows/serve-bundles.ts';

const digest = digestOf('');
const serving: Serving = {
  host: '127.0.0.1:5080',
  origin: 'http://127.0.0.1:5080',
  bundles: [
    { path: 'a.tar.zst', name: 'core', id: '1a2b3c4d', images: 2, charts: 0, companions: 0 },
    { path: 'long-name.tar.zst', name: 'apps', id: '5e6f7a8b', images: 0, charts: 1, companions: 3 },
  ],
  names: [
    { name: 'docker.io/library/nginx:1.27', shortName: 'library/nginx:1.27', digest },
    { name: 'ghcr.io/org/app:1', digest },
  ],
  warnings: [],
};

test('names are shown with what they may be called besides', () => {
  expect(serveView(serving)).toBe(`Serving on http://127.0.0.1:5080 until Ctrl-C, read-only
  a.tar.zst          core 1a2b3c4d, 2 images
  long-name.tar.zst  apps 5e6f7a8b, 0 images, 1 chart, 3 companions

NAME                          SHORT NAME
docker.io/library/nginx:1.27  library/nginx:1.27
ghcr.io/org/app:1             -

Pull them as 127.0.0.1:5080/NAME over plain HTTP`);
});

test('with TLS and a login it says what clients need', () => {
  const certificate = {
    path: './palette-edge-serve.crt',
    fingerprint: 'AB:CD',
    names: ['localhost', '10.0.0.5'],
    notBefore: '2026-11-25T00:00:00.000Z',
    notAfter: '2027-12-27T00:00:00.000Z',
    isSelfSigned: true,
    isNew: true,
  };
  const host = '0.0.0.0:5080';
  const secured = { ...serving, host, origin: 'https://10.0.0.5:5080', certificate, username: 'edge' };
  const text = serveView(secured);
  expect(text).toMatch(/^Serving on https:\/\/0\.0\.0\.0:5080 until/);
  expect(text).toMatch(
    /\n\n {2}Certificate {2}\.\/palette-edge-serve\.crt, self-signed, made now\n {2}for {10}localhost, 10\.0\.0\.5\n {2}until {8}2027-12-27\n {2}SHA-256 {6}AB:CD\nPull/,
  );
  expect(text).toMatch(
    /\nPull them as 10\.0\.0\.5:5080\/NAME, with \.\/palette-edge-serve\.crt as an authority that clients trust, logged in as edge$/,
  );
  const known = serveView({
    ...secured,
    certificate: { ...certificate, isSelfSigned: false, isNew: false },
    username: undefined,
  });
  expect(known).toMatch(/\n {2}Certificate {2}\.\/palette-edge-serve\.crt\n/);
  expect(known).toMatch(/\/NAME$/);
});

test('of many names some are shown', () => {
  const names = Array.from({ length: 60 }, (_, index) => ({ name: `ghcr.io/org/app:${index}`, digest }));
  const text = serveView({ ...serving, names });
  expect(text).toContain('ghcr.io/org/app:49 ');
  expect(text).not.toContain('ghcr.io/org/app:50');
  expect(text).toContain('\nand 10 more: http://127.0.0.1:5080/v2/_catalog has all repositories\n');
});

test('a request is one line, whatever its path is', () => {
  const path = `/v2/\u001b[2J${'x'.repeat(5000)}`;
  const line = accessView({ method: 'GET', path, status: 404, bytes: 81 });
  expect(line).toMatch(/^GET \/v2\/ \[2Jx{900,1000}… 404 81$/);
});

test('the end tells what was sent, and failures when there were some', () => {
  const result = { ...serving, requests: 1, bytes: 1500, failures: 0 };
  expect(servedView(result)).toBe('Stopped after 1 request, 1.50 kB sent');
  expect(servedView({ ...result, requests: 3, failures: 2 })).toBe(
    'Stopped after 3 requests, 2 failed, 1.50 kB sent',
  );
});
