import { expect, test } from 'vitest';

import { buildView } from '../../src/views/build-view.ts';
import { planView } from '../../src/views/plan-view.ts';
import { bundledImage, sampleBuild, sampleBundleFile, sampleOrigins, samplePlan } from './sample-results.ts';

const failures = [
  {
    reference: 'ghcr.io/org/secret:1.0',
    code: 'ACCESS_DENIED',
    message: 'ghcr.io/org/secret:1.0: access denied: ghcr.io answered 403',
    origins: sampleOrigins.slice(0, 2),
  },
];

test('a bundle that was written', () => {
  const images = [bundledImage('a.io/b:1', []), bundledImage('a.io/c:1', [])];
  expect(buildView({ ...sampleBuild, images })).toBe(
    `Wrote content-1a2b3c4d/core-edge-1a2b3c4d.tar.zst
  id      1a2b3c4d
  size    1.20 GB (1200000001 bytes)
  sha256  abababababababababababababababababababababababababababababababab
  images  2
  pulled  1.00 GB, 235 MB were in the store, in 4 min 10 s`,
  );
});

test('what shared stores gave and got', () => {
  const shared = { bytesFromSharedStores: 1_000_000, bytesIntoSharedStores: 0 };
  const statistics = { ...sampleBuild.statistics, ...shared };
  expect(buildView({ ...sampleBuild, statistics })).toMatch(
    /\n {2}shared stores {2}1\.00 MB taken, 0 B put in$/,
  );
});

test('a bundle that was written in parts: which, and where their list is', () => {
  const sha256 = 'cd'.repeat(32);
  const files = [0, 1, 2].map((index) => ({ name: `edge.tar.zst.part0${index}`, size: 5, sha256 }));
  const bundle = {
    ...sampleBundleFile,
    path: 'out/edge.tar.zst',
    parts: { list: 'out/edge.tar.zst.parts.json', files },
  };
  expect(
    buildView({ ...sampleBuild, bundle })
      .split('\n')
      .slice(0, 6),
  ).toEqual([
    'Wrote out/edge.tar.zst in parts',
    '  id          1a2b3c4d',
    '  size        1.20 GB (1200000001 bytes)',
    '  parts       3 parts, edge.tar.zst.part00 to edge.tar.zst.part02',
    '  parts list  out/edge.tar.zst.parts.json',
    expect.stringMatching(/^ {2}sha256 {6}abab/),
  ]);
});

test('a dry run tells how many parts there will be, and of which size', () => {
  const lines = (partSize: number) =>
    buildView({ ...sampleBuild, bundle: undefined, plan: { ...samplePlan, partSize } }).split('\n');
  expect(lines(1_200_000_000)).toContain('  parts                        at most 2 of 1.20 GB');
  expect(lines(3_000_000_000)).toContain('  parts                        1 of 3.00 GB');
  expect(buildView({ ...sampleBuild, bundle: undefined })).not.toContain('parts');
});

test('companions in the bundle are counted apart from images, when they were looked for', () => {
  const image = bundledImage('a.io/b:1', []);
  const companion = {
    ...bundledImage('a.io/b:x.sig', []),
    origins: [{ kind: 'referrer', of: image.reference, subject: image.digest } as const],
  };
  const plan = { ...samplePlan, companions: 2 };
  const lines = buildView({ ...sampleBuild, plan, images: [image, companion] }).split('\n');
  expect(lines.slice(4, 6)).toEqual(['  images      1', '  companions  1']);
  expect(buildView({ ...sampleBuild, plan, images: [image] })).toContain('  companions  0');
});

test.each([
  [1, '1 retry'],
  [12, '12 retries'],
])('%d retries are told', (retries, text) => {
  const statistics = { bytesPulled: 0, bytesReused: 5, retries, seconds: 0.1 };
  expect(buildView({ ...sampleBuild, statistics })).toContain(
    `\n  pulled  0 B, 5 B were in the store, ${text}, in under 1 s`,
  );
});

test('images that are not in the bundle are told with reason and origins', () => {
  expect(
    buildView({ ...sampleBuild, failures })
      .split('\n')
      .slice(6),
  ).toEqual([
    '1 image failed and not in the bundle:',
    '  ghcr.io/org/secret:1.0',
    '    ghcr.io/org/secret:1.0: access denied: ghcr.io answered 403',
    '    asked for by --image; images.txt:3',
  ]);
});

test('after a dry run the plan is the result', () => {
  expect(buildView({ ...sampleBuild, bundle: undefined })).toBe(planView(samplePlan));
});

test('after a dry run failures are told too', () => {
  const text = buildView({ ...sampleBuild, bundle: undefined, failures: [...failures, ...failures] });
  expect(text).toContain(`${planView(samplePlan)}\n2 images failed:\n  ghcr.io/org/secret:1.0\n`);
  const charts = failures.map((failure) => ({ ...failure, isChart: true }));
  const mixed = buildView({ ...sampleBuild, bundle: undefined, failures: [...failures, ...charts] });
  expect(mixed).toContain('\n1 image and 1 chart failed:\n');
});

test('a cluster definition beside the bundle is told', () => {
  const path = 'content-1a2b3c4d/cluster-definition-store-17.tgz';
  const clusterDefinition = { name: 'store-17', path, size: 12_345, sha256: 'cd'.repeat(32) };
  expect(buildView({ ...sampleBuild, clusterDefinition })).toContain(`\n  cluster definition  ${path}\n`);
});
