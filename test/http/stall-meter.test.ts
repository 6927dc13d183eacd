import { expect, test } from 'vitest';

import { StallMeter } from '../../src/http/stall-meter.ts';

const limits = { minimumBytes: 1000, windowMs: 60_000 };

test('who waits for bytes waits no longer than the window', () => {
  const meter = new StallMeter(limits);
  expect(meter.wait(5000)).toBe(60_000);
});

test('bytes that are too few do not open a new window; enough bytes do', () => {
  const meter = new StallMeter(limits);
  meter.wait(0);
  meter.receive(999, 40_000);
  expect(meter.wait(40_000)).toBe(20_000);
  meter.receive(1, 50_000);
  expect(meter.wait(50_000)).toBe(60_000);
});

test('a window that is over allows no more waiting', () => {
  const meter = new StallMeter(limits);
  meter.wait(0);
  meter.receive(1, 60_001);
  expect(meter.wait(60_001)).toBe(0);
});

test('time in which nobody waits does not count', () => {
  const meter = new StallMeter({ ...limits, totalMs: 90_000 });
  let now = 0;
  for (let round = 0; round < 10; round += 1) {
    meter.wait(now);
    meter.receive(10, now + 1000);
    now += 1_000_000;
  }
  expect(meter.wait(now)).toBe(50_000);
});

test('a body with a total is given up then, however well it moves', () => {
  const meter = new StallMeter({ ...limits, totalMs: 90_000 });
  meter.wait(0);
  meter.receive(1_000_000, 50_000);
  expect(meter.wait(50_000)).toBe(40_000);
  meter.receive(1_000_000, 80_000);
  expect(meter.wait(80_000)).toBe(10_000);
});
