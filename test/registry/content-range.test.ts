import { expect, test } from 'vitest';

import { parseContentRange } from '../../src/registry/content-range.ts';

test.each([
  ['bytes 0-99/200', { start: 0, last: 99, total: 200 }],
  ['Bytes 5-5/6', { start: 5, last: 5, total: 6 }],
  ['bytes 0-99/*', { start: 0, last: 99, total: undefined }],
  ['bytes */200', { start: undefined, last: undefined, total: 200 }],
])('%s', (header, expected) => {
  expect(parseContentRange(header)).toEqual(expected);
});

test.each([undefined, '', 'bytes 9-1/200', 'bytes=0-1/2', 'bytes -1/2', 'items 0-1/2', 'bytes 0-1/1e3'])(
  'no range: %s',
  (header) => {
    expect(parseContentRange(header)).toBeUndefined();
  },
);
