import { expect, test } from 'vitest';

import { isLicenceExpression, joinedExpression } from '../../src/report/licence-expression.ts';

test.each(['MIT', 'GPL-2.0-or-later WITH Bison-exception-2.2', '(MIT OR Apache-2.0) AND Zlib'])(
  '%s is an expression',
  (text) => expect(isLicenceExpression(text)).toBe(true),
);

test.each([
  '',
  'GPLv2+',
  'MIT or so',
  'LicenseRef-own',
  'MIT AND',
  `${'('.repeat(900)}MIT`,
  `MIT${' OR MIT'.repeat(200)}`,
])('%j is none', (text) => expect(isLicenceExpression(text)).toBe(false));

test('several expressions are one that asks for all of them', () => {
  expect(joinedExpression(['MIT'])).toBe('MIT');
  expect(joinedExpression(['MIT OR Zlib', 'Apache-2.0'])).toBe('(MIT OR Zlib) AND Apache-2.0');
  expect(joinedExpression(['(MIT)OR(Zlib)', 'Apache-2.0'])).toBe('((MIT)OR(Zlib)) AND Apache-2.0');
});
