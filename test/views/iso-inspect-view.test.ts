import { expect, test } from 'vitest';

import { isoInspectView } from '../../src/views/iso-inspect-view.ts';

test('names in an image make no lines of their own', () => {
  const forged = 'a\n  bundle  edge.tar.zst: edge 1a2b3c4d';
  const text = isoInspectView({
    path: 'stick.iso',
    label: 'COS\nCONTENT',
    size: 2048,
    hasChecksums: false,
    files: [{ path: forged, kind: 'file', size: 1 }],
    bundles: [{ path: forged, problem: 'it is\nno bundle' }],
  });
  expect(text.split('\n')).toEqual([
    'stick.iso',
    '  label   COS CONTENT',
    '  size    2.05 kB',
    '  bundle  a bundle edge.tar.zst: edge 1a2b3c4d: it is no bundle',
    '',
    'FILE                                  SIZE',
    'a bundle edge.tar.zst: edge 1a2b3c4d  1 B',
  ]);
});
