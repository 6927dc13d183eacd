import { expect, test } from 'vitest';

import { environmentOf } from '../../src/fleet/emission.ts';
import { planFleet } from '../../src/fleet/plan-fleet.ts';
import { readFleet } from '../../src/fleet/read-fleet.ts';
import { emptyState } from '../../src/fleet/fleet-state.ts';

test.each([
  ['s3://bundles/edge', [], ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']],
  ['oci://registry.example.com/edge', ['s3://cache'], ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']],
  ['oci://registry.example.com/edge', ['oci://registry.example.com/cache'], []],
])('jobs that publish to %s, with the stores %j, need %j', (publish, sharedStores, secret) => {
  const text = `fleetVersion: 1
publish: ${publish}
contents: [{name: shop, images: [busybox]}]
groups: [{name: shops, content: shop, sites: [s1]}]
`;
  const fleet = readFleet({ name: 'fleet.yaml', text });
  const { bundles } = planFleet(fleet, emptyState, () => true);
  const choices = { npmPackage: 'x@1', storageSize: '1Gi', isManyNodes: false };
  const emission = { fleet, bundles, fleetFile: 'fleet.yaml', args: [], sharedStores, version: '1', choices };
  expect(environmentOf(emission, bundles).secret).toEqual(secret);
});
