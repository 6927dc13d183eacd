import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { diffView } from '../../src/views/diff-view.ts';
import type { DiffResult } from '../../src/workflows/diff-bundles.ts';

const [a, b] = [digestOf('a'), digestOf('b')];
const nothing = { added: [], removed: [], moved: [] };
const same: DiffResult = {
  before: { path: 'old.tar.zst', kind: 'bundle', name: 'edge', id: '1a2b3c4d' },
  after: { path: 'new.tar.zst', kind: 'bundle', name: 'edge', id: '5e6f7a8b' },
  isSame: true,
  images: { ...nothing, otherPlatforms: [] },
  charts: nothing,
  files: nothing,
  toShip: { blobs: 0, bytes: 0 },
  leftBehind: { blobs: 0, bytes: 0 },
};

test('the same content', () => {
  expect(diffView(same)).toBe(
    `Same content
  from     old.tar.zst, edge 1a2b3c4d
  to       new.tar.zst, edge 5e6f7a8b
  to ship  nothing`,
  );
});

test('everything that may differ', () => {
  const result: DiffResult = {
    ...same,
    isSame: false,
    images: {
      added: [{ name: 'docker.io/library/nginx:1.28', digest: a }],
      removed: [{ name: 'docker.io/library/nginx:1.27', digest: b }],
      moved: [{ name: 'ghcr.io/org/app:1.0', before: a, after: b }],
      otherPlatforms: [{ name: 'ghcr.io/org/b:1', before: [], after: ['linux/amd64', 'linux/arm64'] }],
    },
    charts: { ...nothing, added: [{ name: 'web 1.2.3 (https://charts.example.com)', digest: a }] },
    files: { ...nothing, moved: [{ name: 'model.bin', before: b, after: a }] },
    toShip: { blobs: 12, bytes: 3_000_000 },
  };
  expect(diffView(result)).toBe(
    `2 added, 1 removed, 2 moved, 1 with other platforms
  from     old.tar.zst, edge 1a2b3c4d
  to       new.tar.zst, edge 5e6f7a8b
  to ship  12 blobs, 3.00 MB

CHANGE     WHAT   NAME                                    FROM          TO
added      image  docker.io/library/nginx:1.28            -             ca978112ca1b
removed    image  docker.io/library/nginx:1.27            3e23e8160039  -
moved      image  ghcr.io/org/app:1.0                     ca978112ca1b  3e23e8160039
platforms  image  ghcr.io/org/b:1                         -             linux/amd64, linux/arm64
added      chart  web 1.2.3 (https://charts.example.com)  -             ca978112ca1b
moved      file   model.bin                               3e23e8160039  ca978112ca1b`,
  );
});

test('a definition may have no name, and what it does not pin no digest', () => {
  const result: DiffResult = {
    ...same,
    before: { path: 'edge.yaml', kind: 'definition' },
    after: { path: 'other.yaml', kind: 'definition', name: 'other' },
    isSame: false,
    images: { ...same.images, removed: [{ name: 'ghcr.io/org/app:1.0', digest: undefined }] },
    toShip: undefined,
  };
  expect(diffView(result).split('\n')).toEqual([
    '1 removed',
    '  from  edge.yaml, definition',
    '  to    other.yaml, definition other',
    '',
    'CHANGE   WHAT   NAME                 FROM        TO',
    'removed  image  ghcr.io/org/app:1.0  not pinned  -',
  ]);
});
