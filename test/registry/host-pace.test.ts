import { expect, test } from 'vitest';

import { HostPace } from '../../src/registry/host-pace.ts';

/** A pace by a clock that moves as far as is slept. */
function pacing() {
  let time = 0;
  const waits: number[] = [];
  const pace = new HostPace({
    now: () => time,
    sleep: (milliseconds) => {
      waits.push(milliseconds);
      time += milliseconds;
      return Promise.resolve();
    },
  });
  const enter = async (times: number): Promise<number[]> => {
    waits.length = 0;
    for (let done = 0; done < times; done += 1) await pace.enter(undefined);
    return [...waits];
  };
  return { pace, enter, pass: (milliseconds: number) => (time += milliseconds) };
}

test('as long as nobody complains nothing waits', async () => {
  const { enter } = pacing();
  expect(await enter(100)).toEqual([]);
});

test('after a refusal nothing is sent for a while, then one after the other', async () => {
  const { pace, enter } = pacing();
  pace.throttled();
  pace.pause(3000);
  expect(await enter(3)).toEqual([3000, 100, 100]);
});

test('the interval doubles with refusals up to two seconds', async () => {
  const { pace, enter } = pacing();
  const intervals: (number | undefined)[] = [];
  for (let round = 0; round < 7; round += 1) {
    pace.throttled();
    await enter(1);
    intervals.push((await enter(1))[0]);
  }
  expect(intervals).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
});

test('good answers take the interval away', async () => {
  const { pace, enter } = pacing();
  pace.throttled();
  await enter(1);
  for (let done = 0; done < 7; done += 1) pace.succeeded();
  // The place in line that was given out before stays.
  expect(await enter(10)).toEqual([100]);
});

test('two good answers and one refusal leave the interval nearly as it was', async () => {
  const { pace, enter } = pacing();
  for (let round = 0; round < 50; round += 1) {
    pace.throttled();
    pace.succeeded();
    pace.succeeded();
  }
  pace.throttled();
  await enter(1);
  expect(await enter(1)).toEqual([100]);
});

test('a shorter pause does not end a longer one', () => {
  const { pace, pass } = pacing();
  pace.pause(5000);
  pace.pause(1000);
  expect(pace.pauseMs).toBe(5000);
  pass(6000);
  expect(pace.pauseMs).toBe(0);
});

test('it is known since when and how often in a row the host refuses', () => {
  const { pace, pass } = pacing();
  expect(pace.throttling).toEqual({ rounds: 0, sinceMs: 0 });
  pace.throttled();
  pass(400);
  expect(pace.throttled()).toEqual({ rounds: 2, sinceMs: 400 });
  pace.succeeded();
  pass(400);
  expect(pace.throttling).toEqual({ rounds: 0, sinceMs: 0 });
  expect(pace.throttled()).toEqual({ rounds: 1, sinceMs: 0 });
});

test('a pause that grows while it is waited for is waited for to its end', async () => {
  const waits: number[] = [];
  const pace = new HostPace({
    now: () => 0,
    sleep: (milliseconds) => {
      waits.push(milliseconds);
      if (waits.length === 1) pace.pause(5000);
      return Promise.resolve();
    },
  });
  pace.pause(1000);
  await pace.enter(undefined);
  expect(waits).toEqual([1000, 4000]);
});
