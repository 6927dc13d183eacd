import { expect, test } from 'vitest';

import { plainPathOf, squeezedPathOf } from '../../src/workflows/converted-path.ts';

test.each([
  ['a/edge.tar.zst', 'a/edge.squeezed.tar.zst'],
  ['edge.tar.zst.part00', 'edge.squeezed.tar.zst'],
  ['edge.tar.zst_part012', 'edge.squeezed.tar.zst'],
  ['edge.tar.zst.parts.json', 'edge.squeezed.tar.zst'],
  ['edge.plain.tar.zst', 'edge.squeezed.tar.zst'],
  ['a.iso/edge', 'a.iso/edge.squeezed.tar.zst'],
  ['stick.iso', 'stick.squeezed.tar.zst'],
  ['stick.iso:edge.tar.zst', 'stick.squeezed.tar.zst'],
  ['edge', 'edge.squeezed.tar.zst'],
  ['content-1a2b/edge.tar.zst', 'squeezed-1a2b/edge.squeezed.tar.zst'],
  ['/a/content-1a2b/edge.tar.zst.parts.json', '/a/squeezed-1a2b/edge.squeezed.tar.zst'],
  ['../content-1a2b/../content-3c4d/edge.tar.zst', '../squeezed-3c4d/edge.squeezed.tar.zst'],
  ['content-1a2b/deeper/edge.tar.zst', 'content-1a2b/deeper/edge.squeezed.tar.zst'],
])('%s is squeezed into %s', (path, expected) => {
  expect(squeezedPathOf(path)).toBe(expected);
});

test.each([
  ['a/edge.squeezed.tar.zst', 'a/edge.tar.zst'],
  ['edge.squeezed.tar.zst.part00', 'edge.tar.zst'],
  ['edge.squeezed.tar.zst.parts.json', 'edge.tar.zst'],
  // One of another name must not be replaced by what is made of it.
  ['edge.tar.zst', 'edge.plain.tar.zst'],
  ['stick.iso', 'stick.plain.tar.zst'],
  ['squeezed-1a2b/edge.squeezed.tar.zst', 'content-1a2b/edge.tar.zst'],
  ['squeezed-1a2b/edge.tar.zst', 'squeezed-1a2b/edge.plain.tar.zst'],
])('%s becomes %s again', (path, expected) => {
  expect(plainPathOf(path)).toBe(expected);
});
