import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { bugView, errorJson, errorView } from '../../src/views/error-view.ts';

const full = new PaletteEdgeError('IMAGES_FAILED', '1 of 2 images failed\n  a:1\n    not found', {
  kind: 'notFound',
  cause: new Error('the cause'),
  suggestions: ['Check the spelling.', 'docker login a'],
  details: { failures: [{ reference: 'a:1' }] },
});
const bare = new PaletteEdgeError('DISK_FAILURE', 'writing x failed: EIO', { kind: 'disk' });

test('an error says what happened, its code, and what to do next', () => {
  expect(errorView(full)).toBe(
    `Error: 1 of 2 images failed
  a:1
    not found
Code: IMAGES_FAILED
Try this:
  - Check the spelling.
  - docker login a`,
  );
});

test('an error without suggestions ends with its code', () => {
  expect(errorView(bare)).toBe('Error: writing x failed: EIO\nCode: DISK_FAILURE');
});

test('an error as JSON has code, message, exit code, suggestions and details, and no cause', () => {
  expect(errorJson(full, 4)).toEqual({
    error: {
      code: 'IMAGES_FAILED',
      message: '1 of 2 images failed\n  a:1\n    not found',
      exitCode: 4,
      suggestions: ['Check the spelling.', 'docker login a'],
      details: { failures: [{ reference: 'a:1' }] },
    },
  });
});

test('without details the field is not there', () => {
  expect(JSON.stringify(errorJson(bare, 7))).toBe(
    '{"error":{"code":"DISK_FAILURE","message":"writing x failed: EIO","exitCode":7,"suggestions":[]}}',
  );
});

test('anything else is a bug, shown with its stack', () => {
  const lines = bugView(new TypeError('x is not a function')).split('\n');
  expect(lines.slice(0, 2)).toEqual([
    'This is a bug in palette-edge. Please report it, with what follows.',
    'TypeError: x is not a function',
  ]);
  expect(lines[2]).toContain('error-view.test.ts');
});

test.each([
  ['thrown text', 'thrown text'],
  [undefined, 'undefined'],
  [Object.assign(new Error('no stack'), { stack: undefined }), 'no stack'],
])('a bug without a stack shows what there is: %s', (error, shown) => {
  expect(bugView(error)).toBe(
    `This is a bug in palette-edge. Please report it, with what follows.\n${shown}`,
  );
});

test('a bug as JSON has the code BUG', () => {
  expect(errorJson(new TypeError('x is not a function'), 1)).toEqual({
    error: { code: 'BUG', message: 'x is not a function', exitCode: 1, suggestions: [] },
  });
  expect(errorJson('text', 1)).toEqual({
    error: { code: 'BUG', message: 'text', exitCode: 1, suggestions: [] },
  });
});
