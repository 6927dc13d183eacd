import { expect, test } from 'vitest';

import { columnsOf, wrapText } from '../../src/cli/wrap-text.ts';
import { FakeTerminal } from './fake-terminal.ts';

const words = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen';

test.each([
  [
    'a line between words',
    `Error: ${words}`,
    ['Error: one two three four five six seven eight', 'nine ten eleven twelve thirteen fourteen fifteen'],
  ],
  [
    'an item of a list below its text',
    `  - ${words}`,
    ['  - one two three four five six seven eight nine', '    ten eleven twelve thirteen fourteen fifteen'],
  ],
  [
    'a row below its last column',
    `a  bc     ${words}`,
    [
      'a  bc     one two three four five six seven eight',
      '          nine ten eleven twelve thirteen fourteen',
      '          fifteen',
    ],
  ],
  [
    'a word that is longer than the room not at all',
    `see ${'x'.repeat(60)} there`,
    ['see', 'x'.repeat(60), 'there'],
  ],
  [
    'a branch of a tree beside its trunk',
    `│  ├─ ${words.slice(0, 60)}`,
    ['│  ├─ one two three four five six seven eight nine', '│  │  ten eleven twel'],
  ],
  [
    'a narrow cell',
    `${'x'.repeat(34)}  linux/amd64, linux/arm64`,
    [`${'x'.repeat(34)}  linux/amd64,`, `${' '.repeat(36)}linux/arm64`],
  ],
  [
    'a path of keys in a cell behind a point',
    `${'x'.repeat(28)}  pack a, spec.containers[0].image (line 3)`,
    [`${'x'.repeat(28)}  pack a, spec.`, `${' '.repeat(30)}containers[0].image`, `${' '.repeat(30)}(line 3)`],
  ],
])('breaks %s', (_what, line, broken) => {
  expect(wrapText(line, 50).split('\n')).toEqual(broken);
});

test.each([
  ['fits', 'short enough'],
  ['has a command to be copied', `Run: palette-edge usb write ${words}`],
  ['would be a ladder', `${'x'.repeat(36)}  ${'one two three four '.repeat(8)}`.trimEnd()],
  ['has a word that its last column has no room for', `${'x'.repeat(30)}  ghcr.io/org/long/name:1.0 words`],
  ['is one word', 'x'.repeat(200)],
])('leaves a line as it is that %s', (_what, line) => {
  expect(wrapText(`${line}\n${line}`, 50)).toBe(`${line}\n${line}`);
});

test('only a terminal that knows its columns, and has some, breaks lines', () => {
  expect(columnsOf(new FakeTerminal(80))).toBe(80);
  expect(columnsOf(new FakeTerminal(0))).toBeUndefined();
  expect(columnsOf({ columns: 80 })).toBeUndefined();
});
