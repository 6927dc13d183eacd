import { expect, test } from 'vitest';

import { contentPieceSize, installerFilesRequest } from '../../src/cli/installer-flags.ts';
import { PaletteEdgeError } from '../../src/errors.ts';

function code(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.kind === 'usage') return error.code;
    throw error;
  }
  return 'none';
}

test.each([
  ['3GB', 3_000_000_000],
  ['4GiB-1', 4_294_967_295],
  ['1MiB', 1_048_576],
])('--split %s', (text, size) => {
  expect(contentPieceSize(text)).toBe(size);
});

test.each(['', '3G', '0', '1MB', '4GiB', '-1', '5GB'])('--split %j is refused', (text) => {
  expect(code(() => contentPieceSize(text))).toBe('SPLIT_INVALID');
});

test('what was not given is not there, and an empty path is no path', () => {
  const none = {
    content: undefined,
    'user-data': undefined,
    'cluster-definition': undefined,
    'edge-config': undefined,
  };
  expect(installerFilesRequest(none)).toEqual({
    content: [],
    userData: undefined,
    clusterDefinition: undefined,
    edgeConfig: undefined,
  });
  for (const flags of [
    { content: [''] },
    { 'user-data': '' },
    { 'cluster-definition': '' },
    { 'edge-config': '' },
  ]) {
    expect(code(() => installerFilesRequest({ ...none, ...flags }))).toBe('PATH_INVALID');
  }
});
