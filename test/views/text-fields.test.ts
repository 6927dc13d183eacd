import { expect, test } from 'vitest';

import { textFields } from '../../src/views/text-fields.ts';

test('values are aligned behind the longest name', () => {
  expect(
    textFields([
      ['id', '1a2b3c4d'],
      ['written by', 'palette-edge 0.1.0'],
      ['', 'no name'],
      ['none', ''],
    ]),
  ).toBe(
    ['  id          1a2b3c4d', '  written by  palette-edge 0.1.0', '              no name', '  none'].join(
      '\n',
    ),
  );
});

test('no fields are no text', () => {
  expect(textFields([])).toBe('');
});
