import { expect, onTestFinished, test } from 'vitest';

import { buildListener } from '../../src/cli/build-listener.ts';
import { ProgressBars } from '../../src/cli/progress-bars.ts';
import { ProgressLines } from '../../src/cli/progress-lines.ts';
import { verifyListener } from '../../src/cli/verify-listener.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { planView } from '../../src/views/plan-view.ts';
import type { BuildEvent } from '../../src/workflows/build-event.ts';
import { samplePlan } from '../views/sample-results.ts';
import { FakeTerminal } from './fake-terminal.ts';

/** What is told of events where nobody watches. */
function linesOf(events: readonly BuildEvent[], hidesPlan = false): string[] {
  const lines: string[] = [];
  const progress = new ProgressLines(
    (line) => lines.push(line),
    () => 0,
  );
  const listener = buildListener(progress, hidesPlan);
  for (const event of events) listener(event);
  progress.close();
  return lines;
}

const blob = { digest: digestOf('layer'), size: 400 };
const { digest } = blob;

test('a warning and the beginning of pinning are told', () => {
  expect(
    linesOf([
      { kind: 'warning', warning: { code: 'LATEST_TAG', message: 'a:latest moves' } },
      { kind: 'pinning', done: 0, total: 2 },
      { kind: 'pinning', done: 1, total: 2 },
      { kind: 'pinning', done: 2, total: 2 },
    ]),
  ).toEqual(['Warning: a:latest moves [LATEST_TAG]', 'Pinning 2 images …']);
  expect(linesOf([{ kind: 'pinning', done: 0, total: 1 }])).toEqual(['Pinning 1 image …']);
});

test('the search for companions is told', () => {
  expect(linesOf([{ kind: 'finding-companions', images: 2 }])).toEqual([
    'Looking for companions of 2 images …',
  ]);
});

test('blobs that are still put into shared stores are told', () => {
  expect(linesOf([{ kind: 'sharing', blobs: 2 }])).toEqual(['Putting 2 blobs into shared stores …']);
});

test('the plan is told, but not twice after a dry run', () => {
  expect(linesOf([{ kind: 'planned', plan: samplePlan }])).toEqual([planView(samplePlan)]);
  expect(linesOf([{ kind: 'planned', plan: samplePlan }], true)).toEqual([]);
});

test('pulling and writing are phases', () => {
  expect(
    linesOf([
      { kind: 'pulling', total: 400 },
      { kind: 'blob-started', blob, repository: 'a.io/org/app' },
      { kind: 'blob-bytes', digest, count: 300 },
      { kind: 'blob-bytes', digest, count: 100 },
      { kind: 'blob-finished', digest },
      { kind: 'writing', total: 1000 },
      { kind: 'written-bytes', count: 1000 },
    ]),
  ).toEqual([
    'Pulling: 400 B of 400 B, 100 %, in under 1 s',
    'Writing: 1.00 kB of 1.00 kB, 100 %, in under 1 s',
  ]);
});

test.each<[what: string, error: unknown, line: string]>([
  [
    'an error that names the blob',
    new PaletteEdgeError('CONNECTION_LOST', 'reading from a.io: a.io/app@sha256:1: connection lost', {
      kind: 'network',
    }),
    'reading from a.io: a.io/app@sha256:1: connection lost; trying again in 2 s',
  ],
  ['another error', new Error('socket hang up'), 'a.io/app@sha256:1: socket hang up; trying again in 2 s'],
  ['anything else', 'odd', 'a.io/app@sha256:1: odd; trying again in 2 s'],
])('a retry is told with its object, reason and wait: %s', (_what, error, line) => {
  const retry = { registry: 'a.io', subject: 'a.io/app@sha256:1', attempt: 1, delayMs: 2000, error };
  expect(linesOf([{ kind: 'retry', retry }])).toEqual([line]);
});

test('a short wait is not said to be none', () => {
  const retry = { registry: 'a.io', subject: 'x', attempt: 1, delayMs: 250, error: new Error('x') };
  expect(linesOf([{ kind: 'retry', retry }])).toEqual(['x; trying again in under 1 s']);
});

test('a registry that asks to slow down is told once, and again when it gets much longer', () => {
  const slower = (registry: string, delayMs: number): BuildEvent => ({
    kind: 'retry',
    retry: {
      registry,
      subject: `${registry}/x`,
      attempt: 1,
      delayMs,
      error: new Error('x'),
      slowDown: { concurrency: 3 },
    },
  });
  expect(
    linesOf([
      slower('a.io', 500),
      slower('a.io', 1000),
      slower('a.io', 4000),
      slower('b.io', 30_000),
      slower('a.io', 6000),
      slower('b.io', 30_000),
      slower('a.io', 11_000),
      slower('a.io', 12_000),
    ]),
  ).toEqual([
    'a.io asked to slow down: waiting 1 s, then 3 requests at a time',
    'b.io asked to slow down: waiting 30 s, then 3 requests at a time',
    'a.io asked to slow down: waiting 6 s, then 3 requests at a time',
    'a.io asked to slow down: waiting 12 s, then 3 requests at a time',
  ]);
});

test('at a terminal a blob in flight has a bar with the last part of its repository', () => {
  const terminal = new FakeTerminal();
  const progress = new ProgressBars(terminal);
  onTestFinished(() => progress.close());
  const listener = buildListener(progress, false);
  const other = { digest: digestOf('other'), size: 200 };
  listener({ kind: 'pulling', total: 600 });
  listener({ kind: 'blob-started', blob, repository: 'a.io/org/app' });
  listener({ kind: 'blob-started', blob: other, repository: 'a.io/pause' });
  listener({ kind: 'blob-bytes', digest, count: 300 });
  listener({ kind: 'blob-finished', digest: other.digest });
  expect(terminal.screen).toEqual([
    'Pulling          [####----] 300 B of 600 B, 50 %',
    'app              [######--] 400 B',
  ]);
});

test('a verification is a phase', () => {
  const lines: string[] = [];
  const progress = new ProgressLines(
    (line) => lines.push(line),
    () => 0,
  );
  const listener = verifyListener(progress);
  listener.onStart(2000);
  listener.onBytes(1500);
  progress.close();
  expect(lines).toEqual(['Verifying: 1.50 kB of 2.00 kB, 75 %, in under 1 s']);
});
