import { expect, test } from 'vitest';

import { ownText } from '../../src/profile/own-text.ts';

test.each(['', ' ', 'a', ' registry.example.com/team/app:1.0 ', 'ä\uD800', 'long '.repeat(1000)])(
  'is the text: %j',
  (text) => {
    expect(ownText(text)).toBe(text);
  },
);
