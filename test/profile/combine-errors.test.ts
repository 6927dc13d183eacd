import { expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { collectErrors, combineErrors } from '../../src/profile/combine-errors.ts';

function errorOf(code: string, message = code): PaletteEdgeError {
  return new PaletteEdgeError(code, message, { kind: 'usage', suggestions: [`fix ${code}`] });
}

test('nothing is nothing, one stays itself', () => {
  expect(combineErrors([])).toBeUndefined();
  const one = errorOf('A');
  expect(combineErrors([one])).toBe(one);
});

test('several of one code keep it, each suggestion once', () => {
  const error = combineErrors([errorOf('A', 'first'), errorOf('A', 'second')]);
  expect(error).toMatchObject({
    code: 'A',
    kind: 'usage',
    message: '2 errors in the input:\n- first\n- second',
    suggestions: ['fix A'],
    details: {
      errors: [
        { code: 'A', message: 'first' },
        { code: 'A', message: 'second' },
      ],
    },
  });
});

test('a long list is cut', () => {
  const error = combineErrors(Array.from({ length: 60 }, (_, position) => errorOf(`C${position}`)));
  expect(error?.code).toBe('INPUT_INVALID');
  expect(error?.message.split('\n')).toHaveLength(52);
  expect(error?.message).toMatch(/and 10 more$/);
});

test('our errors are put aside, bugs are not', () => {
  const { results, errors } = collectErrors([1, 2, 3], (item) => {
    if (item === 2) throw errorOf('TWO');
    return item * 10;
  });
  expect(results).toEqual([10, 30]);
  expect(errors).toMatchObject([{ code: 'TWO' }]);
  expect(() =>
    collectErrors([1], () => {
      throw new TypeError('bug');
    }),
  ).toThrow(TypeError);
});
