import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { planUpdateView } from '../../src/views/plan-update-view.ts';
import type { UpdatePlan } from '../../src/workflows/plan-update.ts';

const [a, b] = [digestOf('a'), digestOf('b')];
const same: UpdatePlan = {
  before: { path: 'old.tar.zst', kind: 'bundle', name: 'edge', id: '1a2b3c4d' },
  after: { name: 'edge', id: '5e6f7a8b' },
  isSame: true,
  changes: [],
  unchanged: 21,
  full: { blobs: 105, bytes: 2_108_000_000 },
  toShip: { blobs: 0, bytes: 0 },
  warnings: [],
};

test('nothing changes', () => {
  expect(planUpdateView(same)).toBe(
    `Nothing changes
  from     old.tar.zst, edge 1a2b3c4d
  to       edge 5e6f7a8b
  full     105 blobs, 2.11 GB
  to ship  nothing`,
  );
});

test('everything that may change, with an estimate', () => {
  const size = { full: { blobs: 4, bytes: 40_000_000 }, toShip: { blobs: 2, bytes: 1_000_000 } };
  const plan: UpdatePlan = {
    ...same,
    isSame: false,
    unchanged: 18,
    changes: [
      { change: 'added', what: 'image', name: 'docker.io/library/nginx:1.28', after: a, ...size },
      { change: 'removed', what: 'image', name: 'docker.io/library/nginx:1.27', before: b },
      { change: 'moved', what: 'image', name: 'ghcr.io/org/app:1.0', before: a, after: b, ...size },
      { change: 'platforms', what: 'image', name: 'ghcr.io/org/b:1', before: a, after: a, ...size },
    ],
    toShip: { blobs: 6, bytes: 105_400_000 },
    estimate: { share: 0.702, fullBytes: 1_480_000_000, toShipBytes: 74_000_000 },
  };
  expect(planUpdateView(plan)).toBe(
    `1 added, 1 removed, 1 moved, 1 with other platforms, 18 unchanged
  from      old.tar.zst, edge 1a2b3c4d
  to        edge 5e6f7a8b
  full      105 blobs, 2.11 GB
  to ship   6 blobs, 105 MB: 5.0 %; squeezing and patches make it less
  estimate  squeezed like the old one, 70.2 %: full 1.48 GB, to ship 74.0 MB

CHANGE     WHAT   NAME                          FROM          TO            FULL     TO SHIP
added      image  docker.io/library/nginx:1.28  -             ca978112ca1b  40.0 MB  1.00 MB
removed    image  docker.io/library/nginx:1.27  3e23e8160039  -             -        -
moved      image  ghcr.io/org/app:1.0           ca978112ca1b  3e23e8160039  40.0 MB  1.00 MB
platforms  image  ghcr.io/org/b:1               ca978112ca1b  ca978112ca1b  40.0 MB  1.00 MB`,
  );
});
