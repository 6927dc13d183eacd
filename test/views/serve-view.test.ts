import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { accessView, servedView, serveView } from '../../src/views/serve-view.ts';
import type { Serving } from '../../src/workflows/serve-bundles.ts';

const digest = digestOf('');
const serving: Serving = {
  host: '127.0.0.1:5080',
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
