import { expect, test } from 'vitest';

import { nameParts } from '../../../src/report/page/image-name.ts';
import { countOf, momentText, shareText, shortDigest } from '../../../src/report/page/number-text.ts';

test.each([
  [0, 10, '0.0 %'],
  [0, 0, '0 %'],
  [1, 10_000, 'under 0.1 %'],
  [1, 30, '3.3 %'],
  [1, 3, '33 %'],
  [9_999, 10_000, '99.9 %'],
  [10, 10, '100 %'],
  [13, 10, '130 %'],
])('%d of %d is %s', (part, whole, text) => {
  expect(shareText(part, whole).replaceAll('\u00A0', ' ')).toBe(text);
});

test('counts, moments and digests are for people', () => {
  expect(countOf(1, 'image')).toBe('1 image');
  expect(countOf(12_345, 'image')).toBe('12,345 images');
  expect(momentText('2024-05-06T07:08:09Z')).toBe('2024-05-06 07:08 UTC');
  expect(shortDigest(`sha256:${'0a'.repeat(32)}`)).toBe('0a0a0a0a0a0a');
});

test.each([
  ['registry.example.com:5000/org/app:1', 'registry.example.com:5000/org/', 'app:1'],
  [`quay.io/app@sha256:${'0a'.repeat(32)}`, 'quay.io/', 'app@0a0a0a0a0a0a'],
  ['app', '', 'app'],
])('%s is taken apart', (reference, place, name) => {
  expect(nameParts(reference)).toEqual({ place, name });
});
