import { expect, test } from 'vitest';

import { printable } from '../../src/io/printable.ts';

test.each([
  ['plain', 'plain'],
  [' two  words\r\nand\ta line ', 'two words and a line'],
  ['\u001b[31mred\u001b[0m', '[31mred [0m'],
  ['left\u202eright\u2028next', 'left right next'],
  ['x'.repeat(21), `${'x'.repeat(20)}…`],
  ['', ''],
])('%j is %j', (text, shown) => {
  expect(printable(text, 20)).toBe(shown);
});
