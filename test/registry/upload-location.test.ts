import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { endOfUpload, receivedBytes, uploadLocation } from '../../src/registry/upload-location.ts';
import { thrown } from '../support/sample-profiles.ts';

const url = new URL('https://r.site:5000/v2/org/app/blobs/uploads/');
const answer = (location?: string) => {
  const headers: Record<string, string> = location === undefined ? {} : { location };
  return { url, headers };
};

describe('where an upload goes on', () => {
  test.each([
    ['/v2/org/app/blobs/uploads/1?_state=a', 'https://r.site:5000/v2/org/app/blobs/uploads/1?_state=a'],
    ['1', 'https://r.site:5000/v2/org/app/blobs/uploads/1'],
    ['https://storage.site/x?sig=%2B', 'https://storage.site/x?sig=%2B'],
    ['//other.site/x', 'https://other.site/x'],
    ['https://user:s3cret@r.site/x', 'https://r.site/x'],
  ])('%s', (location, expected) => {
    expect(uploadLocation(answer(location), undefined, 'a blob').href).toBe(expected);
  });

  test('where it was, when the answer to a chunk does not say', () => {
    const before = new URL('https://r.site/1');
    expect(uploadLocation(answer(), before, 'a blob')).toBe(before);
  });

  test.each([[undefined], ['http://[']])('nowhere: %s', (location) => {
    const error = thrown(() => uploadLocation(answer(location), undefined, 'a blob'));
    expect(error).toMatchObject({ code: 'UPLOAD_INVALID', kind: 'network' });
  });
});

test.each([
  ['https://r.site/x', ''],
  ['https://r.site/x?a=%2b+~', 'a=%2b+~&'],
])('the digest comes behind what is in the query: %s', (location, before) => {
  const digest = digestOf('blob');
  const encoded = digest.replace(':', '%3A');
  expect(endOfUpload(new URL(location), digest).href).toBe(`https://r.site/x?${before}digest=${encoded}`);
});

test.each([
  ['0-99', 100],
  ['bytes=0-99', 100],
  ['0-0', undefined],
  ['5-99', undefined],
  ['0-', undefined],
  ['0-9999999999999999', undefined],
  [undefined, undefined],
])('Range %s', (range, expected) => {
  expect(receivedBytes(range === undefined ? {} : { range })).toBe(expected);
});
