import { expect, test } from 'vitest';

import { fleetPlanView } from '../../src/views/fleet-plan-view.ts';

const bundle = { name: 'shop-5c1f07aa', content: 'shop', sites: ['s1', 's2'], kind: 'full' } as const;

test('what no registry was asked for has no columns', () => {
  const offline = fleetPlanView({ sites: 2, bundles: [bundle], warnings: [] });
  expect(offline).toBe('2 sites, 1 bundle\n\nBUNDLE         KIND  SITES\nshop-5c1f07aa  full  s1, s2');
  const found = { id: '9f8e7d6c', isCurrent: false, bytes: 1000, full: 2000 };
  expect(fleetPlanView({ sites: 2, bundles: [{ ...bundle, found }], warnings: [] })).toContain(
    'shop-5c1f07aa  full  9f8e7d6c  1.00 kB   2.00 kB  s1, s2',
  );
  const failure = { code: 'IMAGES_FAILED', message: 'one is not there' };
  expect(fleetPlanView({ sites: 2, bundles: [{ ...bundle, failure }], warnings: [] })).toContain(
    'shop-5c1f07aa: IMAGES_FAILED: one is not there',
  );
});
