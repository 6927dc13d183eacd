import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { definitionCheckView, writtenDefinitionView } from '../../src/views/definition-view.ts';

const [old, now] = [digestOf('old'), digestOf('now')];

test('what was written, and what became of it', () => {
  const written = {
    path: 'd.yaml',
    isChanged: true,
    images: 2,
    charts: 1,
    files: 1,
    added: ['a.io/x:1'],
    removed: ['b.io/x:1'],
    moved: [],
    unpinned: [],
    warnings: [],
  };
  expect(writtenDefinitionView(written)).toBe(`Wrote d.yaml: 2 images, 1 chart, 1 file
new:
  a.io/x:1
no longer asked for, and removed:
  b.io/x:1`);
  const same = { ...written, isChanged: false, charts: 0, files: 0, added: [], removed: [] };
  expect(writtenDefinitionView(same)).toBe('d.yaml says that already: 2 images');
});

test('a check in which everything happened, and one in which nothing did', () => {
  const check = {
    path: 'd.yaml',
    images: 5,
    charts: 1,
    moved: [{ reference: 'a.io/x:1', digest: old, isStillThere: false, current: now }],
    gone: [{ reference: 'b.io/x:1', digest: old, isStillThere: true }],
    unpinned: ['c.io/x:1'],
    unknown: [{ reference: 'd.io/x:1', code: 'X', message: 'no answer' }],
  };
  expect(definitionCheckView(check)).toBe(`d.yaml: 5 images and 1 chart, 2 differences
moved:
  a.io/x:1
    was ${old}, which is gone
    is  ${now}
gone:
  b.io/x:1
    ${old} is still there
without a digest:
  c.io/x:1
not known:
  d.io/x:1
    no answer
To take the new ones: palette-edge resolve … --write d.yaml --update`);
  const same = { path: 'd.yaml', images: 1, charts: 0, moved: [], gone: [], unpinned: [], unknown: [] };
  expect(definitionCheckView(same)).toBe('d.yaml: 1 image, every tag stands for what it did');
  expect(definitionCheckView({ ...same, charts: 2 })).toBe(
    'd.yaml: 1 image and 2 charts, every tag and version stands for what it did',
  );
});
