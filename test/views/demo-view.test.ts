import { expect, test } from 'vitest';

import { buildView } from '../../src/views/build-view.ts';
import { demoView } from '../../src/views/demo-view.ts';
import { verifyView } from '../../src/views/verify-view.ts';
import { sampleBuild } from './sample-results.ts';

const verification = {
  path: 'palette-edge-demo/demo.tar.zst',
  id: '1a2b3c4d',
  name: 'demo-edge',
  images: 7,
  companions: 0,
  blobs: 44,
  bytes: 12_345_678,
  problems: [],
};
const result = {
  folder: 'palette-edge-demo',
  registry: '127.0.0.1:5080',
  build: sampleBuild,
  verification,
};

test('the demo shows what was built and verified, and what to try next', () => {
  expect(demoView(result, 'palette-edge')).toBe(
    `${buildView(sampleBuild)}
${verifyView(verification)}

Try next:
  palette-edge inspect palette-edge-demo/demo.tar.zst
  zstd -dc palette-edge-demo/demo.tar.zst | tar -tf -
  palette-edge build --profile YOUR_PROFILE.json --dry-run
  palette-edge demo --remove`,
  );
});

test('a folder of its own is named to remove it', () => {
  const text = demoView({ ...result, folder: '/tmp/demo' }, 'palette-edge');
  expect(text.split('\n').at(-1)).toBe('  palette-edge demo --remove --dir /tmp/demo');
});
