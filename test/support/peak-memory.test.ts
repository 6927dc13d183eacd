import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { peakMemory } from './peak-memory.ts';

const module = JSON.stringify(new URL('peak-memory.ts', import.meta.url));

test('a process begins without the memory of the one that started it', async () => {
  const large = Buffer.alloc(256 * 2 ** 20, 1);
  const print = `const { peakMemory } = await import(${module}); console.log(peakMemory('self'));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', print]);
  expect(peakMemory('self')).toBeGreaterThan(large.length);
  expect(Number(stdout)).toBeLessThan(large.length);
});

test('what is no process has no memory', () => {
  expect(() => peakMemory(2 ** 22 + 1)).toThrow('ENOENT');
});
