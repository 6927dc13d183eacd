import { expect, test } from 'vitest';

import {
  exitCodeMeanings,
  exitCodes,
  PaletteEdgeError,
  systemErrorCode,
  wordDiskError,
} from '../src/errors.ts';
import type { ErrorKind } from '../src/errors.ts';

test('exit codes are never renumbered', () => {
  expect(exitCodes).toEqual({
    ok: 0,
    failure: 1,
    usage: 2,
    authentication: 3,
    notFound: 4,
    content: 5,
    network: 6,
    disk: 7,
    incomplete: 8,
    differences: 9,
    interrupted: 130,
  });
});

test('every exit code has a meaning of its own', () => {
  expect(Object.keys(exitCodeMeanings)).toEqual(Object.keys(exitCodes));
  expect(new Set(Object.values(exitCodeMeanings)).size).toBe(Object.keys(exitCodes).length);
});

test.each<[ErrorKind, number]>([
  ['usage', 2],
  ['disk', 7],
  ['interrupted', 130],
])('kind %s exits with %d', (kind, exit) => {
  expect(new PaletteEdgeError('A_CODE', 'message', { kind }).oclif.exit).toBe(exit);
});

test('an error carries what it was given', () => {
  const cause = new Error('inner');
  const details = { images: ['a'] };
  const error = new PaletteEdgeError('A_CODE', 'message', {
    kind: 'usage',
    cause,
    suggestions: ['do this'],
    details,
  });
  expect(error).toMatchObject({
    name: 'PaletteEdgeError',
    code: 'A_CODE',
    suggestions: ['do this'],
    cause,
    details,
  });
  expect('cause' in new PaletteEdgeError('A_CODE', 'message', { kind: 'usage' })).toBe(false);
});

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test.each([
  [systemError('ENOENT'), 'ENOENT'],
  [Object.assign(new Error('x'), { code: 5 }), undefined],
  [new Error('x'), undefined],
  [{ code: 'ENOENT' }, undefined],
  [undefined, undefined],
])('the system error code of %s is %s', (error, code) => {
  expect(systemErrorCode(error)).toBe(code);
});

test.each([
  ['ENOSPC', 'DISK_FULL', 7, 'no space left'],
  ['EDQUOT', 'DISK_FULL', 7, 'quota'],
  ['EFBIG', 'FILE_TOO_LARGE', 7, 'too large'],
  ['EACCES', 'DISK_PERMISSION', 7, 'permission denied'],
  ['EPERM', 'DISK_PERMISSION', 7, 'permission denied'],
  ['EROFS', 'DISK_PERMISSION', 7, 'read-only'],
  ['ENOENT', 'FILE_NOT_FOUND', 4, 'no such file'],
  ['EISDIR', 'NOT_A_FILE', 2, 'folder'],
  ['ENOTDIR', 'NOT_A_FOLDER', 2, 'file'],
  ['EIO', 'DISK_FAILURE', 7, 'EIO'],
])('%s becomes %s', (...row) => {
  const [code, name, exit, reason] = row;
  const cause = systemError(code);
  const worded = wordDiskError(cause, 'writing x');
  expect(worded).toMatchObject({ code: name, cause, oclif: { exit } });
  expect(worded instanceof Error ? worded.message : '').toMatch(/^writing x failed: /);
  expect(worded instanceof Error ? worded.message : '').toContain(reason);
  // Commands that have no such flags come here, too.
  expect(JSON.stringify(worded)).not.toMatch(/--(?:store|output)/);
});

test.each([
  new PaletteEdgeError('A_CODE', 'message', { kind: 'usage' }),
  new Error('a bug'),
  systemError('ERR_INVALID_ARG_TYPE'),
  systemError('ABORT_ERR'),
  'text',
])('%s is given back as it is', (error) => {
  expect(wordDiskError(error, 'writing x')).toBe(error);
});
