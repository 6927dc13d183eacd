import { expect, test } from 'vitest';

import { formatS3Url, isObjectKey, isS3Url, parseS3Url } from '../../src/object-store/s3-place.ts';
import { everythingShown, rejection } from '../support/rejection.ts';

test.each([
  ['s3://bundles', { bucket: 'bundles', prefix: '' }],
  ['s3://bundles/', { bucket: 'bundles', prefix: '' }],
  ['S3://my.bucket_1/edge/2026/', { bucket: 'my.bucket_1', prefix: 'edge/2026' }],
  ['s3://b/ü +%', { bucket: 'b', prefix: 'ü +%' }],
])('%s is read', (text, place) => {
  expect(isS3Url(text)).toBe(true);
  expect(parseS3Url(text)).toEqual(place);
  expect(parseS3Url(formatS3Url(place))).toEqual(place);
});

test.each([
  's3://',
  's3:///x',
  's3://-b/x',
  's3://b/../x',
  's3://b/a//c',
  's3://b/./c',
  's3://b/a\nb',
  `s3://b/${'x'.repeat(1025)}`,
  's3://key:pa55w0rd@b/x',
  's3://b/x?X-Amz-Signature=pa55w0rd',
  'https://b/x',
])('%j is refused', async (text) => {
  const error = await rejection(Promise.resolve().then(() => parseS3Url(text)));
  expect(error).toMatchObject({ code: 'S3_URL_INVALID', kind: 'usage' });
  expect(everythingShown(error)).not.toContain('pa55w0rd');
});

test('keys are named below a place', () => {
  expect(formatS3Url({ bucket: 'b', prefix: 'p/q' }, 'x.tar')).toBe('s3://b/p/q/x.tar');
  expect(formatS3Url({ bucket: 'b', prefix: '' }, 'x.tar')).toBe('s3://b/x.tar');
});

test('half of a character is no key', () => {
  expect(isObjectKey('a\ud800')).toBe(false);
});
