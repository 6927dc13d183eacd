import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { damagedWarning } from '../../src/workflows/drop-damaged-blobs.ts';

test.each([
  ['DIGEST_MISMATCH', 'STORE_BLOB_DAMAGED'],
  ['BLOB_NOT_FOUND', 'STORE_BLOB_GONE'],
])('a blob of the store that failed with %s is pulled again, with the warning %s', (code, warning) => {
  const error = new PaletteEdgeError(code, 'reading from the store: it failed', { kind: 'content' });
  expect(damagedWarning(error)).toEqual({
    code: warning,
    message: 'reading from the store: it failed; it is pulled again',
  });
});

test.each([new PaletteEdgeError('DISK_FULL', 'full', { kind: 'disk' }), new Error('a bug')])(
  'what pulling again does not mend is thrown on: %s',
  (error) => {
    expect(() => damagedWarning(error)).toThrow(error);
  },
);
