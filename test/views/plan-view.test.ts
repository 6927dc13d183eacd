import { expect, test } from 'vitest';

import { planView } from '../../src/views/plan-view.ts';
import { samplePlan } from './sample-results.ts';

test('a plan over two registries on one disk', () => {
  expect(planView(samplePlan)).toBe(
    `Plan
  images                       3
  blobs                        41, 1.23 GB
  in the store                 235 MB
  to pull                      1.00 GB
    docker.io                  1 image, 0 B
    registry.example.com:5000  2 images, 1.00 GB
  bundle                       content-1a2b3c4d/core-edge-1a2b3c4d.tar.zst
  bundle size                  at most 1.24 GB
  free space                   9.00 GB for store and bundle, on one disk`,
  );
});

test.each([0, 12])('companions that were looked for are counted: %i', (companions) => {
  const lines = planView({ ...samplePlan, companions }).split('\n');
  expect(lines.slice(1, 3)).toEqual([
    '  images                       3',
    `  companions                   ${companions}`,
  ]);
});

test('the pulls that a registry has left are told with it', () => {
  const rateLimit = { limit: 100, remaining: 93, windowSeconds: 21_600 };
  const registries = samplePlan.registries.map((share) =>
    share.registry === 'docker.io' ? { ...share, rateLimit } : share,
  );
  const lines = planView({ ...samplePlan, registries }).split('\n');
  expect(lines).toContain('    docker.io                  1 image, 0 B, 93 of 100 pulls left in 6 h');
});

test('mirrors are told with the registry that they are asked before', () => {
  const registries = samplePlan.registries.map((share) =>
    share.registry === 'docker.io' ? { ...share, mirrors: ['mirror.corp:5000', 'b.corp'] } : share,
  );
  const text = planView({ ...samplePlan, registries });
  expect(text).toMatch(/^ {4}docker\.io via mirror\.corp:5000, b\.corp +1 image, 0 B$/m);
  expect(text.match(/ via /g)).toHaveLength(1);
});

test('an image that is made of the bundle is told with its place', () => {
  const iso = { path: 'content-1a2b3c4d/core-edge-1a2b3c4d.iso', expectedSize: 1_300_000_000 };
  expect(planView({ ...samplePlan, iso })).toContain(
    '\n  ISO image                    content-1a2b3c4d/core-edge-1a2b3c4d.iso, at most 1.30 GB\n',
  );
});

test('store and bundle on two disks', () => {
  const { store, output } = samplePlan.space;
  const space = { store, output: { ...output, free: 2_000_000_000 }, isShared: false };
  expect(
    planView({ ...samplePlan, space })
      .split('\n')
      .at(-1),
  ).toBe('  free space                   9.00 GB for the store, 2.00 GB for the bundle');
});

test('a plan without registries has short columns', () => {
  const plan = {
    ...samplePlan,
    registries: [],
    images: 0,
    blobs: 0,
    bytes: 0,
    bytesToPull: 0,
    bytesInStore: 0,
  };
  expect(planView(plan)).toBe(
    `Plan
  images        0
  blobs         0, 0 B
  in the store  0 B
  to pull       0 B
  bundle        content-1a2b3c4d/core-edge-1a2b3c4d.tar.zst
  bundle size   at most 1.24 GB
  free space    9.00 GB for store and bundle, on one disk`,
  );
});

test('what is left out, what existing bundles and shared stores have, and raw files', () => {
  const plan = {
    ...samplePlan,
    excluded: [
      { by: '--exclude **/debug-*', images: 2 },
      { by: '--exclude a.io/**', images: 1, charts: 2 },
    ],
    bytesInBundles: 5_000_000,
    bytesInSharedStores: 6_000_000,
    files: { count: 2, bytes: 7_000_000 },
  };
  const lines = planView(plan).split('\n');
  expect(lines.filter((line) => /left out|in bundles|in shared stores|files/.test(line))).toEqual([
    '  left out                     2 by --exclude **/debug-*',
    '  left out                     1 image and 2 charts by --exclude a.io/**',
    '  files                        2, 7.00 MB',
    '  in bundles                   5.00 MB',
    '  in shared stores             6.00 MB',
  ]);
});
