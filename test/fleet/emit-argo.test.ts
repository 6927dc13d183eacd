import { expect, test } from 'vitest';

import { emitArgo } from '../../src/fleet/emit-argo.ts';
import { emptyState } from '../../src/fleet/fleet-state.ts';
import { planFleet } from '../../src/fleet/plan-fleet.ts';
import { readFleet } from '../../src/fleet/read-fleet.ts';

/** What is emitted of as many contents, each for one site. */
function emitted(count: number): string {
  const names = Array.from({ length: count }, (_, index) => `content-${index}`);
  const contents = names.map((name) => ({ name, images: ['busybox'] }));
  const groups = names.map((name) => ({ name, content: name, sites: [`site-of-${name}`] }));
  const fleet = readFleet({
    name: 'fleet.yaml',
    text: JSON.stringify({ fleetVersion: 1, contents, groups }),
  });
  const { bundles } = planFleet(fleet, emptyState, () => true);
  const choices = { builderImage: 'x/y:1', npmPackage: 'x@1', storageSize: '1Gi', isManyNodes: false };
  const emission = {
    fleet,
    bundles,
    fleetFile: 'fleet.yaml',
    args: [],
    sharedStores: [],
    version: '1',
    choices,
  };
  return emitArgo(emission, { state: emptyState, named: [] });
}

test('a Workflow that no cluster would take is refused', () => {
  expect(emitted(20)).toContain('build-content-19');
  expect(() => emitted(900)).toThrow(
    expect.objectContaining({
      code: 'FLEET_WORKFLOW_TOO_LARGE',
      message: expect.stringContaining('at most 1048576'),
    }),
  );
});
