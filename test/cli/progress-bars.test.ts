import { expect, onTestFinished, test, vi } from 'vitest';

import { ProgressBars } from '../../src/cli/progress-bars.ts';
import { FakeTerminal } from './fake-terminal.ts';

/**
 * Bars on a terminal in memory. They are drawn on a timer, which no test waits for: `draw` ends an item, and that draws
 * all others at once.
 */
function watched(columns?: number) {
  const terminal = new FakeTerminal(columns);
  const progress = new ProgressBars(terminal);
  onTestFinished(() => progress.close());
  const draw = (): string[] => {
    progress.startItem('the last', 'the last', 1);
    progress.endItem('the last');
    return terminal.screen;
  };
  return { terminal, progress, draw };
}

test('a phase and the blobs in flight have a bar each', () => {
  const { progress, draw, terminal } = watched();
  progress.startPhase('Pulling', 1000);
  progress.startItem('a', 'coredns', 500);
  progress.startItem('b', 'pause', 0);
  progress.advance(250);
  progress.advanceItem('a', 125);
  expect(draw()).toEqual([
    'Pulling          [##------] 250 B of 1.00 kB, 25 %',
    'coredns          [##------] 500 B',
    'pause            [--------] 0 B',
  ]);
  expect(terminal.isCursorHidden).toBe(true);
});

test('a bar that is removed leaves the others, each in its place', () => {
  const { progress, draw, terminal } = watched();
  progress.startPhase('Pulling', 1000);
  for (const id of ['a', 'b', 'c']) progress.startItem(id, `image-${id}`, 100);
  draw();
  progress.endItem('a');
  progress.endItem('a');
  progress.endItem('unknown');
  expect(terminal.screen).toEqual([
    'Pulling          [--------] 0 B of 1.00 kB, 0 %',
    'image-b          [--------] 100 B',
    'image-c          [--------] 100 B',
  ]);
});

test('what is told stands above the bars and stays', () => {
  const { progress, draw, terminal } = watched();
  progress.tell('before the phase');
  progress.startPhase('Pulling', 1000);
  progress.startItem('a', 'coredns', 500);
  draw();
  progress.tell('one\ntwo');
  progress.tell('three');
  expect(draw()).toEqual([
    'before the phase',
    'one',
    'two',
    'three',
    'Pulling          [--------] 0 B of 1.00 kB, 0 %',
    'coredns          [--------] 500 B',
  ]);
  progress.close();
  expect(terminal.screen).toEqual(['before the phase', 'one', 'two', 'three']);
});

test('what is told right before the end of a phase is not lost', () => {
  const { progress, terminal } = watched();
  progress.startPhase('Pulling', 1000);
  progress.tell('the last words');
  progress.startPhase('Writing', 1000);
  progress.tell('of both phases');
  progress.close();
  progress.tell('and after');
  expect(terminal.screen).toEqual(['the last words', 'of both phases', 'and after']);
});

test('a long line is told in full, over several rows', () => {
  const { progress, draw } = watched(40);
  progress.startPhase('Pulling', 1000);
  draw();
  progress.tell('x'.repeat(100));
  const screen = draw();
  expect(screen.slice(0, 3)).toEqual(['x'.repeat(40), 'x'.repeat(40), 'x'.repeat(20)]);
  expect(screen[3]).toMatch(/^Pulling {10}\[-{8}\] /);
  expect(screen).toHaveLength(4);
});

test('closing removes the bars and gives the cursor and line breaks back', () => {
  const { progress, terminal, draw } = watched();
  progress.startPhase('Pulling', 1000);
  progress.startItem('a', 'coredns', 500);
  draw();
  progress.close();
  expect(terminal.screen).toEqual([]);
  expect(terminal).toMatchObject({ isCursorHidden: false, wraps: true });
  progress.close();
  progress.advance(1);
  progress.startItem('b', 'late', 1);
  progress.advanceItem('b', 1);
  progress.endItem('b');
  expect(terminal.screen).toEqual([]);
});

test('disposing closes', () => {
  const terminal = new FakeTerminal();
  {
    using progress = new ProgressBars(terminal);
    progress.startPhase('Pulling', 1000);
    expect(terminal.isCursorHidden).toBe(true);
  }
  expect(terminal.isCursorHidden).toBe(false);
});

test('no more than eight blobs are shown, so that a small terminal does not scroll', () => {
  const { progress, terminal } = watched();
  progress.startPhase('Pulling', 1000);
  for (let id = 1; id <= 20; id += 1) progress.startItem(String(id), `image-${id}`, 100);
  progress.endItem('1');
  expect(terminal.screen).toHaveLength(1 + 7);
});

test('a blob that is opened again keeps its bar', () => {
  const { progress, draw } = watched();
  progress.startPhase('Pulling', 1000);
  progress.startItem('a', 'coredns', 400);
  progress.advanceItem('a', 200);
  progress.startItem('a', 'coredns', 400);
  expect(draw().slice(1)).toEqual(['coredns          [####----] 400 B']);
});

test('names from outside cannot steer the terminal, long ones keep their end', () => {
  const { progress, draw } = watched();
  progress.startPhase('Pulling', 1000);
  progress.startItem('a', '\u001B[2Jx', 1);
  progress.startItem('b', 'csi-node-driver-registrar', 1);
  progress.startItem('c', 'sixteen-letters-', 1);
  progress.tell('\u001B[31mred');
  expect(draw()).toEqual([
    '\uFFFD[31mred',
    'Pulling          [--------] 0 B of 1.00 kB, 0 %',
    '\uFFFD[2Jx            [--------] 1 B',
    '…river-registrar [--------] 1 B',
    'sixteen-letters- [--------] 1 B',
  ]);
});

test('a phase of nothing, and more bytes than expected, draw whole bars', () => {
  const { progress, draw } = watched();
  progress.startPhase('Pulling', 0);
  expect(draw()).toEqual(['Pulling          [--------] 0 B of 0 B, 100 %']);
  progress.startPhase('Writing', 10);
  progress.advance(20);
  expect(draw()).toEqual(['Writing          [########] 20 B of 10 B, 100 %']);
});

test('bars are drawn as time passes, and speed and time left fit into 80 columns', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { progress, terminal } = watched(80);
  progress.startPhase('Pulling', 300e9);
  vi.advanceTimersByTime(1000);
  progress.advance(250e6);
  vi.advanceTimersByTime(200);
  expect(terminal.screen).toEqual([
    'Pulling          [--------] 250 MB of 300 GB, 0 %, 250 MB/s, 19 min 59 s left',
  ]);
});

test('a process that ends at once has its cursor back, and no bars', () => {
  const before = process.listenerCount('exit');
  const { progress, draw, terminal } = watched();
  progress.startPhase('Pulling', 1000);
  progress.startPhase('Writing', 1000);
  draw();
  expect({ hidden: terminal.isCursorHidden, listeners: process.listenerCount('exit') }).toEqual({
    hidden: true,
    listeners: before + 1,
  });
  process.listeners('exit').at(-1)?.(130);
  expect(terminal.screen).toEqual([]);
  expect({ hidden: terminal.isCursorHidden, listeners: process.listenerCount('exit') }).toEqual({
    hidden: false,
    listeners: before,
  });
});
