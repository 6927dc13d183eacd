import { expect, test } from 'vitest';

import { readImageList } from '../../src/profile/image-list.ts';
import { thrown } from '../support/sample-profiles.ts';

test.each([
  ['', []],
  ['a:1', [{ text: 'a:1', line: 1 }]],
  [
    '\uFEFFa:1\r\n\r\n  b:2\t\r\n',
    [
      { text: 'a:1', line: 1 },
      { text: 'b:2', line: 3 },
    ],
  ],
  [
    '# c\n  # c\na:1 # c # d\nb:2\t#c\n#\n',
    [
      { text: 'a:1', line: 3 },
      { text: 'b:2', line: 4 },
    ],
  ],
  ['a:1#2\n', [{ text: 'a:1#2', line: 1 }]],
  [
    'a\rb\n',
    [
      { text: 'a', line: 1 },
      { text: 'b', line: 2 },
    ],
  ],
])('%j', (text, images) => {
  expect(readImageList({ name: 'l.txt', text })).toEqual(images);
});

test('a list of more than 16 Mi characters is refused', () => {
  const text = 'a\n'.repeat(8 * 1024 * 1024 + 1);
  expect(thrown(() => readImageList({ name: 'l.txt', text })).code).toBe('FILE_TOO_LARGE');
});
