import { expect, test } from 'vitest';

import { formatOrigin } from '../../src/oci/origin.ts';
import type { Origin } from '../../src/oci/origin.ts';

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
];

test.each(cases)('%j', (origin, text) => {
  expect(formatOrigin(origin)).toBe(text);
});
