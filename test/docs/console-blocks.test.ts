import { expect, test } from 'vitest';

import { unusedHost } from '../support/loopback-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readMarkdown } from './markdown.ts';
import type { Fence } from './markdown.ts';
import { ShellSession } from './shell-session.ts';

/** A command of a document, and what the document says that it prints. */
interface Step {
  readonly command: string;
  readonly printed: readonly string[];
}

/** What is another on each machine and day. The ids are, because they depend on the port of the registry. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\bnpx node bin\/dev\.js\b/g, 'palette-edge'],
  [/127\.0\.0\.1([:-])\d+/g, '127.0.0.1$1PORT'],
  [/\bin (?:under 1|\d+(?:\.\d+)?) m?s\b/g, 'in TIME'],
  [/\(\d+ bytes\)/g, '(BYTES bytes)'],
  [/\b[0-9a-f]{64}\b/g, 'SHA256'],
  [/\b(?=\d*[a-f])[0-9a-f]{12}\b/g, 'DIGEST'],
  [/\b[0-9a-f]{8}\b/g, 'ID'],
  [/\bafter \d+ requests\b/g, 'after REQUESTS'],
  [/(free space +)[\d.]+ [kMGT]?B/g, '$1SPACE'],
  // Columns are as wide as the widest port.
  [/ {2,}/g, '  '],
];

/** How often progress is told, and how far it is then, is up to the speed of the machine. */
const progressPattern = /^(?:Pulling|Writing|Verifying): /;

function masked(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => !progressPattern.test(line))
    .map((line) => masks.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line).trimEnd());
}

function stepsOf({ lines }: Fence): readonly Step[] {
  const starts = lines.flatMap((line, index) => (line.startsWith('$ ') ? [index] : []));
  return starts.map((start, index) => ({
    command: lines[start]?.slice(2) ?? '',
    printed: lines.slice(start + 1, starts[index + 1]),
  }));
}

test('the quick start prints what it says, command by command', async () => {
  const blocks = readMarkdown('docs/quick-start.md').fences.filter(({ info }) => info === 'console');
  const steps = blocks.flatMap(stepsOf);
  expect(steps.length).toBeGreaterThan(10);
  const shell = await ShellSession.start(await temporaryFolder());
  const host = await unusedHost();
  for (const { command, printed } of steps) {
    // What goes on in the background prints when it likes to.
    const leastLines = command.endsWith('&') ? printed.length : 0;
    const lines = await shell.run(command.replaceAll('127.0.0.1:5081', host), leastLines);
    expect({ command, lines: masked(lines) }).toEqual({ command, lines: masked(printed) });
  }
}, 120_000);

test('blocks that are not run say why, and are few', () => {
  const others = readMarkdown('docs/quick-start.md').fences.filter(({ info }) => info !== 'console');
  for (const { info } of others) expect(info).toMatch(/^console no-run \w+/);
  expect(others.length).toBeLessThan(4);
});
