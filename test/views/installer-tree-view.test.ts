import { expect, test } from 'vitest';

import { treeView } from '../../src/views/installer-tree-view.ts';

const result = { path: 'tree', buildArguments: [], warnings: [] };

test('what was written, and how it gets into a build', () => {
  const files = [
    { path: 'user-data', size: 412 },
    { path: 'content-1a2b3c4d/edge.tar.zst', size: 3_000_000_000 },
  ];
  expect(treeView({ ...result, files })).toBe(`Wrote tree
  user-data                      412 B
  content-1a2b3c4d/edge.tar.zst  3.00 GB
Lay it over a checkout of CanvOS: cp -a tree/. CanvOS/`);
});

test('what the build has to be told', () => {
  const view = treeView({
    ...result,
    files: [{ path: 'spc.tgz', size: 100 }],
    buildArguments: ['CLUSTERCONFIG=spc.tgz'],
  });
  expect(view).toMatch(/\nIn its \.arg file: CLUSTERCONFIG=spc\.tgz$/);
});
