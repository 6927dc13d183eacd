import { expect, test } from 'vitest';

import { consoleCommands, readMarkdown } from './markdown.ts';

const { fences } = readMarkdown('docs/terminal.md');
const screens = fences.map(({ lines }) => lines.join('\n'));

test('the recorded screens have 80 columns at most, and nothing of the machine that they were recorded on', () => {
  expect(fences.flatMap(({ lines }) => lines).filter(({ length }) => length > 80)).toEqual([]);
  expect(screens.filter((screen) => /\/tmp\/|node_modules|bin\/run\.js/.test(screen))).toEqual([]);
});

test('doctor, plan, failure, bars, Ctrl-C, resuming and verify are there, in this order', () => {
  const marks = [/^ok {7}node: /m, /^ {2}to pull /m, /^Error: .*failed/m, /^Pulling {2,}\[#+-+\] /m];
  const all = [...marks, /^Code: INTERRUPTED$/m, /^ {2}pulled .* were in the store, /m, / is whole: /];
  expect(all.map((mark) => screens.findIndex((screen) => mark.test(screen)))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  // They are read, not typed: other tests see to it that the commands exist.
  expect(fences.flatMap(consoleCommands).length).toBeGreaterThan(4);
});
