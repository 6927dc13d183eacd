import { expect, test } from 'vitest';

import { withEffort } from '../../src/cli/squeeze-flags.ts';

test.each([
  [['--squeeze'], ['--squeeze=balanced']],
  [
    ['--squeeze', '--output', 'x'],
    ['--squeeze=balanced', '--output', 'x'],
  ],
  [
    ['--image', 'a', '--squeeze'],
    ['--image', 'a', '--squeeze=balanced'],
  ],
  [
    ['--squeeze', 'max'],
    ['--squeeze', 'max'],
  ],
  [['--squeeze=fast'], ['--squeeze=fast']],
  [['--squeeze=best'], ['--squeeze=best']],
  [
    ['--output', 'x'],
    ['--output', 'x'],
  ],
])('%j is understood as %j', (argv, expected) => {
  expect(withEffort(argv)).toEqual(expected);
});
