import { expect, test } from 'vitest';

import { containerdNamespace, intoRequest, loadPlatform } from '../../src/cli/load-flags.ts';

test('--into names a runtime, or a folder', () => {
  expect(intoRequest(undefined)).toEqual({ kind: 'found' });
  expect(intoRequest('k3s')).toEqual({ kind: 'named', name: 'k3s' });
  expect(intoRequest('./k3s')).toEqual({ kind: 'folder', path: './k3s' });
  expect(intoRequest('/srv/images')).toEqual({ kind: 'folder', path: '/srv/images' });
});

test.each(['podmn', '', 'images', '-'])('--into %j is refused: what is misspelt is no folder', (text) => {
  expect(() => intoRequest(text)).toThrow('is nothing to load into');
});

test('a platform', () => {
  expect(loadPlatform({ arch: undefined, platform: undefined })).toBeUndefined();
  expect(loadPlatform({ arch: 'arm64', platform: undefined })).toMatchObject({ architecture: 'arm64' });
  expect(loadPlatform({ arch: undefined, platform: 'linux/arm/v7' })).toMatchObject({ variant: 'v7' });
});

test('a namespace is one that containerd takes', () => {
  expect(containerdNamespace('k8s.io')).toBe('k8s.io');
  for (const text of ['', '-x', 'a b', '../x', 'x'.repeat(77)])
    expect(() => containerdNamespace(text)).toThrow('no namespace of containerd');
});
