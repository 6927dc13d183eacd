import { expect, test } from 'vitest';

import { cutBody, cutBodyOfUnknownLength } from '../support/fault-bodies.ts';
import {
  noContentRange,
  rangeRefused,
  shortRange,
  wholeForRange,
  wrongRangeStart,
  wrongRangeTotal,
} from '../support/fault-ranges.ts';
import type { Fault } from '../support/fault-registry.ts';
import { onLargest, overheadOf, rangesOf } from '../support/fault-rules.ts';
import { always, first, only } from '../support/fault-schedule.ts';
import { expectFailure, bundleProblems, tryBuild } from '../support/fault-trial.ts';

test.each<[string, Fault]>([
  ['200 with the whole blob', wholeForRange],
  ['a Content-Range that starts elsewhere', wrongRangeStart],
  ['206 without Content-Range', noContentRange],
  ['416', rangeRefused],
])(
  'after a cut, a range answered with %s never mixes bytes up: the blob starts over, once',
  async (_, fault) => {
    const trial = await tryBuild((registry) => [
      onLargest(registry, first(1), cutBody(200_000)),
      onLargest(registry, always, fault),
    ]);
    expect(await bundleProblems(trial)).toEqual([]);
    const { size } = trial.registry.content.largest;
    expect(rangesOf(trial).length).toBeLessThan(5);
    // What was there before the cut, and what is sent of an answer that nobody reads to its end.
    expect(overheadOf(trial)).toBeLessThan(200_000 + size);
  },
);

test('a server that knows no ranges and cuts every body is given up: no endless starting over', async () => {
  const trial = await tryBuild((registry) => [
    onLargest(registry, always, (exchange) => {
      const { request } = exchange;
      delete request.headers.range;
      const body = registry.content.blobs.get(registry.content.largest.digest);
      const headers = { 'content-length': String(body.length), 'content-type': 'application/octet-stream' };
      return cutBody(200_000)({ ...exchange, answer: { status: 200, headers, body } });
    }),
  ]);
  const { exit, failed } = await expectFailure(trial);
  expect({ exit, failed }).toEqual({ exit: 6, failed: ['edge/app:1.0'] });
  expect(rangesOf(trial).length).toBeLessThan(12);
});

test('after a cut, a range of a blob of another length is refused, or the blob starts over', async () => {
  const trial = await tryBuild((registry) => [
    onLargest(registry, first(1), cutBody(200_000)),
    onLargest(registry, first(1), wrongRangeTotal),
  ]);
  expect(await bundleProblems(trial)).toEqual([]);
});

test('ranges of another total, always: an error that names both', async () => {
  const trial = await tryBuild((registry) => [
    onLargest(registry, first(1), cutBody(200_000)),
    onLargest(registry, only(2), cutBody(200_000)),
    onLargest(registry, always, wrongRangeTotal),
  ]);
  const { exit, codes, message } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 5, codes: ['SIZE_MISMATCH'] });
  expect(message).toContain(`expected ${trial.registry.content.largest.size} bytes`);
});

test('a server that gives of every range only the first 50 kB is asked on and on, without waste', async () => {
  const trial = await tryBuild((registry) => [
    onLargest(registry, first(1), cutBody(50_000)),
    onLargest(registry, always, shortRange(50_000)),
  ]);
  expect(await bundleProblems(trial)).toEqual([]);
  expect(rangesOf(trial)).toHaveLength(Math.ceil(trial.registry.content.largest.size / 50_000));
  expect(overheadOf(trial)).toBeLessThan(10_000);
});

test('416 with the size that is there already means done', async () => {
  const trial = await tryBuild((registry) => [
    onLargest(registry, first(1), cutBodyOfUnknownLength(registry.content.largest.size)),
    onLargest(registry, always, rangeRefused),
  ]);
  expect(await bundleProblems(trial)).toEqual([]);
  expect(overheadOf(trial)).toBeLessThan(10_000);
});

test('every range that is asked for is closed', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, cutBody(90_000))]);
  expect(await bundleProblems(trial)).toEqual([]);
  const ranges = trial.registry.records.flatMap(({ range }) => (range === undefined ? [] : [range]));
  expect(ranges.length).toBeGreaterThan(3);
  expect(ranges.filter((range) => !/^bytes=\d+-\d+$/.test(range))).toEqual([]);
});
