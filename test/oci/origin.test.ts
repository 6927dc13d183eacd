import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { formatOrigin, isCompanion } from '../../src/oci/origin.ts';
import type { Origin } from '../../src/oci/origin.ts';

const referrer: Origin = { kind: 'referrer', of: 'ghcr.io/org/app:1.0', subject: digestOf('app') };

const cases: readonly (readonly [Origin, string])[] = [
  [{ kind: 'flag' }, '--image'],
  [{ kind: 'list', file: 'images.txt', line: 3 }, 'images.txt:3'],
  [{ kind: 'manifest', file: 'shop.yaml', line: 18, key: 'spec.image' }, 'shop.yaml:18 spec.image'],
  [
    { kind: 'profile', profile: 'edge', pack: 'calico', key: 'pack.content.images[2]', line: 7 },
    'profile edge, pack calico, pack.content.images[2] (line 7)',
  ],
  [
    { kind: 'profile', profile: 'edge', pack: 'calico', key: 'options.system.uri' },
    'profile edge, pack calico, options.system.uri',
  ],
  [
    { kind: 'discovered', profile: 'edge', pack: 'web', key: 'charts.web.image', line: 9, how: 'read' },
    'profile edge, pack web, charts.web.image (line 9), discovered (read)',
  ],
  [
    { kind: 'discovered', key: 'chart web, Deployment/web', how: 'rendered' },
    'chart web, Deployment/web, discovered (rendered)',
  ],
  [{ kind: 'palette', service: 'stylus', version: '4.8.1' }, 'Palette service stylus 4.8.1'],
  [referrer, 'companion of ghcr.io/org/app:1.0'],
];

test.each(cases)('%j', (origin, text) => {
  expect(formatOrigin(origin)).toBe(text);
});

test.each<[string, readonly Origin[], boolean]>([
  ['that only others led to is a companion', [referrer, { ...referrer, of: 'ghcr.io/org/app:1.1' }], true],
  ['that was asked for too is none', [referrer, { kind: 'flag' }], false],
  ['that was asked for is none', [{ kind: 'flag' }], false],
  ['of unknown origin is none', [], false],
])('an image %s', (_, origins, expected) => {
  expect(isCompanion({ origins })).toBe(expected);
});
