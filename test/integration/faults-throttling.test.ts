import { setTimeout as wait } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { reply } from '../support/fault-registry.ts';
import type { Fault, FaultExchange, FaultRecord } from '../support/fault-registry.ts';
import { onEverything } from '../support/fault-rules.ts';
import { always, every, first } from '../support/fault-schedule.ts';
import { failWith, tooManyRequests } from '../support/fault-statuses.ts';
import { bundleProblems, tryBuild } from '../support/fault-trial.ts';

const concurrency = 8;

test.each([
  ['429', tooManyRequests()],
  ['429 with Retry-After', tooManyRequests('1')],
  ['503', failWith(503)],
])(
  '%s on every third request: the build completes, and the server sees fewer requests',
  async (_, refuse) => {
    const trial = await tryBuild(
      [
        onEverything(first(concurrency), together(concurrency)),
        onEverything(every(3), refuse),
        onEverything(always, replyLater),
      ],
      { concurrency, registry: { smallImages: 24 } },
    );
    expect(await bundleProblems(trial)).toEqual([]);
    const { records } = trial.registry;
    const refused = records.flatMap((record, index) => (isRefusal(record) ? [index] : []));
    expect(refused.length).toBeGreaterThan(20);
    // At once: all that may be, before the first refusal; from the third one on, no more than half of it.
    expect(mostAtOnce(records.slice(0, concurrency))).toBe(concurrency);
    expect(mostAtOnce(records.slice((refused[2] ?? 0) + concurrency))).toBeLessThanOrEqual(concurrency / 2);
    // In time, which only waits move on: requests are spread over seconds, and not one is wasted but the refused ones.
    expect(trial.waits.reduce((sum, milliseconds) => sum + milliseconds, 0)).toBeGreaterThan(1000);
    expect(records.length - refused.length).toBeLessThanOrEqual(trial.requestsWithoutFaults);
  },
);

/** Answers when there are so many requests under way. */
function together(count: number): Fault {
  const held: FaultExchange[] = [];
  return (exchange) => {
    held.push(exchange);
    if (held.length === count) for (const each of held) reply(each);
  };
}

/** Long enough for others to be sent meanwhile, if the client wants to. */
const replyLater: Fault = async (exchange) => {
  await wait(5);
  reply(exchange);
};

function isRefusal({ status }: FaultRecord): boolean {
  return status === 429 || status === 503;
}

function mostAtOnce(records: readonly FaultRecord[]): number {
  return Math.max(...records.map(({ underWay }) => underWay));
}
