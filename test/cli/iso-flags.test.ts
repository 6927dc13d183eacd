import { expect, test } from 'vitest';

import { isoOutputPath, isoRequest } from '../../src/cli/iso-flags.ts';
import type { IsoFlags } from '../../src/cli/iso-flags.ts';

const none: IsoFlags = {
  'iso-label': undefined,
  'iso-path': undefined,
  'cluster-definition': undefined,
  add: undefined,
  'include-tool': undefined,
};

test('without flags it is the usual image', () => {
  expect(isoRequest(none)).toEqual({ label: 'COS_CONTENT', folder: '', files: [] });
});

test.each([
  ['bundle-content', 'bundle-content'],
  ['/opt/spectrocloud/content/', 'opt/spectrocloud/content'],
  ['/', ''],
  ['', ''],
])('--iso-path %s is the folder %j', (text, folder) => {
  expect(isoRequest({ ...none, 'iso-path': text }).folder).toBe(folder);
});

test.each(['..', 'a/../b', 'a b', 'a//b', 'ä'])('--iso-path %j is refused', (text) => {
  expect(() => isoRequest({ ...none, 'iso-path': text })).toThrow(/--iso-path .* cannot name a folder/);
});

test('files have their own names, or those that are given', () => {
  const { files } = isoRequest({ ...none, add: ['/x/notes.txt', '/x/y:docs/z.txt'] });
  expect(files).toEqual([
    { path: '/x/notes.txt', name: 'notes.txt' },
    { path: '/x/y', name: 'docs/z.txt' },
  ]);
  expect(() => isoRequest({ ...none, add: ['/x/y:../z'] })).toThrow('--add "/x/y:../z"');
});

test('an image is not written to standard output', () => {
  expect(isoOutputPath(undefined)).toBeUndefined();
  expect(isoOutputPath('x.iso')).toBe('x.iso');
  expect(() => isoOutputPath('-')).toThrow('--output - is no file');
  expect(() => isoOutputPath('')).toThrow('--output is empty');
});
