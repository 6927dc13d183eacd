import { expect, test } from 'vitest';

import { refuseWarnings } from '../../src/workflows/refuse-warnings.ts';
import { thrown } from '../support/sample-profiles.ts';

test('all warnings are in one error, and in its details', () => {
  const warnings = [
    { code: 'NO_TAG', message: 'a' },
    { code: 'MAYBE_IMAGE', message: 'b' },
  ];
  const error = thrown(() => refuseWarnings([...warnings, { code: 'VALUES_ONLY_READ', message: 'c' }]));
  expect(error).toMatchObject({ code: 'WARNINGS', kind: 'failure', details: { warnings } });
  expect(error.message).toBe('2 warnings, and --strict makes them errors:\n- a [NO_TAG]\n- b [MAYBE_IMAGE]');
});

test('what nobody can correct is no error', () => {
  expect(() =>
    refuseWarnings([
      { code: 'VALUES_ONLY_READ', message: 'c' },
      { code: 'LISTED_ELSEWHERE', message: 'd' },
    ]),
  ).not.toThrow();
});
