import { expect, test } from 'vitest';

import { isoVerifyView } from '../../src/views/iso-verify-view.ts';

test('names in an image make no lines of their own', () => {
  const forged = 'a\n    signed by sha256:00 (edge.pub)\nb.zst';
  const text = isoVerifyView({
    path: 'stick.iso',
    label: 'COS\nCONTENT',
    files: 1,
    bytes: 2048,
    bundles: [
      { path: forged, id: '1a2b3c4d', name: 'edge', problems: [] },
      { path: forged, problems: [{ path: forged, images: [], message: `${forged} is damaged` }] },
    ],
    problems: [{ path: forged, message: 'it is not in SHA256SUMS' }],
  });
  const name = 'a signed by sha256:00 (edge.pub) b.zst';
  expect(text.split('\n')).toEqual([
    'stick.iso is damaged (COS CONTENT, 1 file, 2.05 kB)',
    `  ${name}: it is not in SHA256SUMS`,
    `  ${name}: 1 problem`,
    `    ${name}: ${name} is damaged`,
    `  ${name} is whole: edge 1a2b3c4d`,
    'Copy the ISO image again from where it was made, or make it again.',
  ]);
});

test('of a drive it is told to write it again', () => {
  const content = { label: 'COS_CONTENT', files: 1, bytes: 2048, bundles: [] };
  const problems = [{ path: 'README.txt', message: 'it is missing' }];
  expect(isoVerifyView({ path: '/dev/sdb', ...content, problems }).split('\n')).toEqual([
    '/dev/sdb is damaged (COS_CONTENT, 1 file, 2.05 kB)',
    '  README.txt: it is missing',
    'Write the drive again: palette-edge usb write FILE.iso DRIVE; if that does not help, take another drive.',
  ]);
});
