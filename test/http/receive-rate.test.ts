import { expect, test } from 'vitest';

import { ReceiveRate } from '../../src/http/receive-rate.ts';

test.each([
  [1000, 1],
  [1000, 4],
  [500_000, 3],
  [20_000_000, 6],
  [1_000_000_000, 6],
])('at %i bytes in a second %i bodies stay below it in any second, and share it', async (rate, readers) => {
  const clock = new FakeClock();
  const limit = new ReceiveRate({ bytesPerSecond: rate, now: clock.now, sleep: clock.sleep });
  const arrivals: { readonly time: number; readonly bytes: number }[] = [];
  const shares = Array.from({ length: readers }, () => 0);
  const endMs = 20_000;
  const reading = shares.map(async (_, reader) => {
    while (clock.now() < endMs) {
      await limit.take(limit.pieceBytes, undefined);
      if (clock.now() >= endMs) return;
      arrivals.push({ time: clock.now(), bytes: limit.pieceBytes });
      shares[reader] = (shares[reader] ?? 0) + limit.pieceBytes;
    }
  });
  await Promise.all([...reading, clock.run(endMs + 60_000)]);
  const total = arrivals.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(total / (rate * 20)).toBeGreaterThan(0.9);
  expect(total / (rate * 20)).toBeLessThan(1.1);
  // The burst, and a piece that was begun before.
  expect(busiestSecond(arrivals)).toBeLessThanOrEqual(rate * 1.05 + limit.pieceBytes);
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2 * limit.pieceBytes);
});

test('a pause gives no credit beyond a small burst', async () => {
  const clock = new FakeClock();
  const limit = new ReceiveRate({ bytesPerSecond: 1000, now: clock.now, sleep: clock.sleep });
  await limit.take(50, undefined);
  await clock.run(3_600_000);
  const taking = limit.take(1050, undefined);
  await clock.run(3_600_999);
  let isDone = false;
  void taking.then(() => (isDone = true));
  await Promise.resolve();
  expect(isDone).toBe(false);
  await clock.run(3_601_000);
  await taking;
});

test('who waits for the rate can be aborted', async () => {
  const limit = new ReceiveRate({ bytesPerSecond: 1 });
  const controller = new AbortController();
  const reason = new Error('interrupted');
  const taking = limit.take(1_000_000, controller.signal);
  controller.abort(reason);
  await expect(taking).rejects.toBe(reason);
});

function busiestSecond(arrivals: readonly { readonly time: number; readonly bytes: number }[]): number {
  let busiest = 0;
  let within = 0;
  let first = 0;
  for (const { time, bytes } of arrivals) {
    within += bytes;
    for (; (arrivals[first]?.time ?? time) <= time - 1000; first += 1) within -= arrivals[first]?.bytes ?? 0;
    busiest = Math.max(busiest, within);
  }
  return busiest;
}

/** Time that moves only from sleeper to sleeper. */
class FakeClock {
  #time = 0;
  readonly #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  readonly now = (): number => this.#time;

  readonly sleep = async (milliseconds: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sleepers.push({ until: this.#time + milliseconds, wake: resolve });
    await promise;
  };

  /** Wakes the sleepers up to a time, each in its turn. */
  async run(end: number): Promise<void> {
    for (;;) {
      // Lets everybody who was woken go to sleep again.
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.#sleepers.sort((one, other) => one.until - other.until);
      const next = this.#sleepers.at(0);
      if (next === undefined || next.until > end) break;
      this.#sleepers.shift();
      this.#time = next.until;
      next.wake();
    }
    this.#time = end;
  }
}
