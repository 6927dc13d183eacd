import { expect, test } from 'vitest';

import { pushInput } from '../../src/cli/push-flags.ts';
import type { PushFlags } from '../../src/cli/push-flags.ts';
import { thrown } from '../support/sample-profiles.ts';

const usual: PushFlags = {
  image: [],
  map: [],
  'keep-registry': false,
  arch: undefined,
  platform: undefined,
  'dry-run': false,
  concurrency: 6,
  'cred-file-path': undefined,
  'plain-http': [],
  insecure: [],
  'ca-cert': [],
  'cert-dir': undefined,
  'max-rate': undefined,
  'registries-file': undefined,
};

test('the registry comes last, with or without a prefix', () => {
  expect(pushInput(['a.tar.zst', 'b.tar.zst', 'r.site:5000/edge/one'], usual)).toEqual({
    paths: ['a.tar.zst', 'b.tar.zst'],
    naming: {
      destination: { registry: 'r.site:5000', path: 'edge/one' },
      mappings: [],
      keepsRegistry: false,
    },
    patterns: [],
    platform: undefined,
    isDryRun: false,
  });
  expect(pushInput(['a', 'localhost'], usual).naming.destination).toEqual({
    registry: 'localhost',
    path: '',
  });
});

test('an architecture is a platform of Linux', () => {
  const linux = { os: 'linux', architecture: 'arm64' };
  expect(pushInput(['a', 'r.site'], { ...usual, arch: 'arm64' }).platform).toMatchObject(linux);
  expect(pushInput(['a', 'r.site'], { ...usual, platform: 'linux/arm64' }).platform).toMatchObject(linux);
});

test.each([
  [['core.tar.zst'], {}, 'REGISTRY_MISSING'],
  [['r.site:5000', 'core.tar.zst'], {}, 'REGISTRY_MISSING'],
  [['r.site:5000', './core'], {}, 'REGISTRY_MISSING'],
  [['core.tar.zst', 'registry'], {}, 'REGISTRY_INVALID'],
  [['core.tar.zst', 'https://r.site'], {}, 'REGISTRY_INVALID'],
  [['core.tar.zst', 'user:s3cret@r.site'], {}, 'REGISTRY_INVALID'],
  [['core.tar.zst', 'r.site/Upper'], {}, 'REGISTRY_INVALID'],
  [['core.tar.zst', 'r.site'], { map: ['a.io=b.io'] }, 'MAP_INVALID'],
  [['core.tar.zst', 'r.site'], { map: ['a.io=r.site/a', 'a.io=r.site/b'] }, 'MAP_INVALID'],
  [['core.tar.zst', 'r.site'], { platform: 'linux' }, 'PLATFORM_INVALID'],
])('%j with %j is refused', (names, flags, code) => {
  const error = thrown(() => pushInput(names, { ...usual, ...flags }));
  expect(error).toMatchObject({ code, kind: 'usage' });
  expect(error.message).not.toContain('s3cret');
  expect(error.suggestions).not.toEqual([]);
});
