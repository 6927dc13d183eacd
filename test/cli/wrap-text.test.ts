import { expect, test } from 'vitest';

import { columnsOf, wrapText } from '../../src/cli/wrap-text.ts';
import { textTable } from '../../src/views/text-table.ts';
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
  [
    'a value with a word that has no room beside its name, below it',
    `  digest  sha256:${'0'.repeat(36)}, ${words.slice(0, 18)}`,
    ['  digest', `      sha256:${'0'.repeat(36)},`, '      one two three four'],
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

/** What a table of so many columns is shown as at a terminal of 50. */
function shown(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return wrapText(textTable(head, rows), 50).split('\n');
}

const uid = '65c1f0a2d1e4b2a6f0c9e001';

test('columns that have no room go on below, in all rows alike', () => {
  const rows = [
    [uid, 'a', 'infra', 'edge-native'],
    [uid, 'retail-edge-infra-native', 'add-on (draft)', '-'],
  ];
  expect(shown(['UID', 'NAME', 'TYPE', 'CLOUD'], rows)).toEqual([
    'UID                       NAME',
    '    TYPE            CLOUD',
    `${uid}  a`,
    '    infra           edge-native',
    `${uid}  retail-edge-infra-native`,
    '    add-on (draft)  -',
  ]);
});

test('a last column below the others is broken between words', () => {
  const rows = [
    ['/dev/sda', 'x'.repeat(37), words.slice(0, 62)],
    ['', 'second', 'one'],
  ];
  expect(shown(['DEVICE', 'SERIAL', 'STATE'], rows)).toEqual([
    'DEVICE    SERIAL',
    '    STATE',
    `/dev/sda  ${'x'.repeat(37)}`,
    '    one two three four five six seven eight nine',
    '    ten eleven twelve',
    '          second',
    '    one',
  ]);
});

test('a word without room in one row folds all, lines beside the table stay', () => {
  const digest = `sha256:${'0'.repeat(30)}`;
  const table = textTable(
    ['USED', 'DIGEST'],
    [
      ['now', 'short'],
      ['2026-11-26 14:17', digest],
      ['then', ''],
    ],
  );
  expect(wrapText(`store\n${table}\nand some more of them\n\nCODE  no head`, 50).split('\n')).toEqual([
    'store',
    'USED',
    '    DIGEST',
    'now',
    '    short',
    '2026-11-26 14:17',
    `    ${digest}`,
    'then',
    'and some more of them',
    '',
    'CODE  no head',
  ]);
});

test('a table that fits, or does when its last column is broken, keeps its rows', () => {
  const narrow = textTable(['A', 'B'], [['1', '2']]);
  expect(wrapText(narrow, 50)).toBe(narrow);
  expect(shown(['IMAGE', 'PLATFORMS'], [['x'.repeat(34), 'linux/amd64, linux/arm64']])).toEqual([
    `IMAGE${' '.repeat(31)}PLATFORMS`,
    `${'x'.repeat(34)}  linux/amd64,`,
    `${' '.repeat(36)}linux/arm64`,
  ]);
});
