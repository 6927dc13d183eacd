import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { ownText } from '../../src/profile/own-text.ts';

const run = promisify(execFile);

test.each(['', ' ', 'a', ' registry.example.com/team/app:1.0 ', 'ä\uD800', 'long '.repeat(1000)])(
  'is the text: %j',
  (text) => {
    expect(ownText(text)).toBe(text);
  },
);

/** What is kept after small pieces of large texts, as a part of those texts. */
async function keptPart(how: 'own' | 'cut'): Promise<number> {
  const program = fileURLToPath(new URL('text-keeping-process.ts', import.meta.url));
  const { stdout } = await run(process.execPath, ['--expose-gc', program, how]);
  const { grown, texts }: { readonly grown: number; readonly texts: number } = JSON.parse(stdout);
  return grown / texts;
}

test('keeps nothing of a large text that it is a piece of', async () => {
  // Without it they would be kept as a whole: if that ever changes, there is nothing left to do here.
  expect(await keptPart('cut')).toBeGreaterThan(0.9);
  expect(await keptPart('own')).toBeLessThan(0.1);
});
