import { expect, test } from 'vitest';

import { isBundleName } from '../../src/bundle/inventory.ts';
import type { ProfileSummary } from '../../src/profile/request-images.ts';
import {
  bundleNameOf,
  defaultBundleName,
  defaultBundlePath,
  fileSafe,
} from '../../src/workflows/bundle-name.ts';

function profile(name: string, type: string): ProfileSummary {
  return { name, type, version: '1.0.0', packs: [] };
}

test.each([
  ['the infrastructure profile', [profile('a', 'add-on'), profile('z', 'infra')], 'z'],
  ['the full profile', [profile('a', 'add-on'), profile('z', 'cluster')], 'z'],
  ['the infrastructure profile in capitals', [profile('a', 'add-on'), profile('z', 'INFRA')], 'z'],
  ['the first by name, when all are add-ons', [profile('b', 'add-on'), profile('a', 'add-on')], 'a'],
  ['a type that only begins like one is an add-on', [profile('b', 'infrastructure'), profile('a', 'x')], 'a'],
])('a bundle is named after %s', (_what, profiles, name) => {
  expect(defaultBundleName(profiles)).toBe(name);
  expect(defaultBundleName(profiles.toReversed())).toBe(name);
});

test('without profiles a bundle holds images', () => {
  expect(defaultBundleName([])).toBe('images');
});

test.each([
  ['Edge Kit (v2)', 'Edge-Kit-v2'],
  ['../../etc/passwd', 'etc-passwd'],
  ['.hidden', 'hidden'],
  ['--output', 'output'],
  ['a/b\\c:d\u0000e\nf', 'a-b-c-d-e-f'],
  ['Zürich', 'Z-rich'],
  ['東京', ''],
  ['---', ''],
  ['', ''],
  ['a...', 'a'],
  ['x_y.z-1', 'x_y.z-1'],
  ['n'.repeat(300), 'n'.repeat(100)],
  [`${'n'.repeat(99)}-and more`, 'n'.repeat(99)],
])('%j is part of a file name as %j', (text, safe) => {
  expect(fileSafe(text)).toBe(safe);
});

test.each(['東京', '', '../x', `${'é'.repeat(50)}${'x'.repeat(200)}`, '-', 'a\u202Eb'])(
  'a profile called %j can name a bundle',
  (name) => {
    expect(defaultBundleName([profile(name, 'infra')])).toSatisfy(isBundleName);
  },
);

test.each([
  ['edge', 'edge'],
  ['edge.tar.zst', 'edge'],
  ['edge.tar.zst.age', 'edge'],
  ['edge.zst', 'edge'],
  ['edge.tar', 'edge'],
  ['edge.tar.zst.tar.zst', 'edge.tar.zst'],
  ['my.zst.edge', 'my.zst.edge'],
])('--outfile %s names the bundle %s', (outfile, name) => {
  expect(bundleNameOf(outfile)).toBe(name);
});

test('CanvOS finds the bundle, and the id is in folder and file', () => {
  expect(defaultBundlePath('edge', '1a2b3c4d')).toBe('content-1a2b3c4d/core-edge-1a2b3c4d.tar.zst');
});

test('CanvOS does not find a squeezed bundle', () => {
  expect(defaultBundlePath('edge', '1a2b3c4d', true)).toBe(
    'squeezed-1a2b3c4d/core-edge-1a2b3c4d.squeezed.tar.zst',
  );
});
