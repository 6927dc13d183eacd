import { expect, test } from 'vitest';

import { ProgressLines } from '../../src/cli/progress-lines.ts';

/** Progress with a clock that goes when told to. */
function watched() {
  const clock = { now: 5000 };
  const lines: string[] = [];
  const progress = new ProgressLines(
    (line) => lines.push(line),
    () => clock.now,
  );
  const advance = (milliseconds: number, count: number): void => {
    clock.now += milliseconds;
    progress.advance(count);
  };
  return { progress, lines, advance, clock };
}

test('a phase is told every ten seconds and when it ends', () => {
  const { progress, lines, advance, clock } = watched();
  progress.startPhase('Pulling', 4_000_000);
  for (let second = 1; second <= 25; second += 1) advance(1000, 100_000);
  clock.now += 500;
  progress.advance(1_500_000);
  progress.close();
  expect(lines).toEqual([
    'Pulling: 1.00 MB of 4.00 MB, 25 %, 100 kB/s, 30 s left',
    'Pulling: 2.00 MB of 4.00 MB, 50 %, 100 kB/s, 20 s left',
    'Pulling: 4.00 MB of 4.00 MB, 100 %, in 26 s',
  ]);
});

test('the next phase ends the one before', () => {
  const { progress, lines, advance } = watched();
  progress.startPhase('Pulling', 100);
  advance(2000, 100);
  progress.startPhase('Writing', 200);
  advance(3000, 200);
  progress.close();
  expect(lines).toEqual(['Pulling: 100 B of 100 B, 100 %, in 2 s', 'Writing: 200 B of 200 B, 100 %, in 3 s']);
});

test('what is said once is said at once', () => {
  const { progress, lines } = watched();
  progress.tell('before');
  progress.startPhase('Pulling', 100);
  progress.tell('within');
  expect(lines).toEqual(['before', 'within']);
});

test('a phase of nothing is not worth a line', () => {
  const { progress, lines } = watched();
  progress.startPhase('Pulling', 0);
  progress.close();
  expect(lines).toEqual([]);
});

test('closing again, disposing and late bytes say nothing more', () => {
  const { progress, lines, advance } = watched();
  progress.startPhase('Pulling', 100);
  progress.close();
  progress.close();
  progress[Symbol.dispose]();
  advance(60_000, 50);
  expect(lines).toEqual(['Pulling: 0 B of 100 B, 0 %, in under 1 s']);
});

test('blobs have no lines of their own', () => {
  const { progress, lines } = watched();
  progress.startPhase('Pulling', 100);
  progress.startItem();
  progress.advanceItem();
  progress.endItem();
  expect(lines).toEqual([]);
});
