import { expect, test } from 'vitest';

import { onBlobs, onEverything, onLargest, onManifests } from '../support/fault-rules.ts';
import { always, every, first } from '../support/fault-schedule.ts';
import { failWith, tooManyRequests } from '../support/fault-statuses.ts';
import { expectFailure, bundleProblems, tryBuild } from '../support/fault-trial.ts';
import type { FaultRecord } from '../support/fault-registry.ts';

test.each([405, 403, 404, 400, 501])(
  'HEAD answered with %i everywhere: GET is what counts',
  async (status) => {
    const trial = await tryBuild([
      { method: 'HEAD', path: /^\/v2\//, when: always, fault: failWith(status) },
    ]);
    expect(await bundleProblems(trial)).toEqual([]);
  },
);

test.each<[string, string | undefined]>([
  ['without Retry-After', undefined],
  ['with Retry-After in seconds', '1'],
  ['with Retry-After as a date', new Date(Date.now() + 1000).toUTCString()],
  ['with a Retry-After that lies in the past', 'Sat, 01 Jan 2000 00:00:00 GMT'],
  ['with a Retry-After of nonsense', 'soon, -3; 1e9'],
])('429 once, on manifests and on blobs, %s: the build completes', async (_, retryAfter) => {
  const trial = await tryBuild([
    onManifests(first(1), tooManyRequests(retryAfter)),
    onBlobs(first(1), tooManyRequests(retryAfter)),
  ]);
  expect(await bundleProblems(trial)).toEqual([]);
});

test('a Retry-After of a year is not waited for: it is told', async () => {
  const trial = await tryBuild([onManifests(first(1), tooManyRequests('31536000'))]);
  const { exit, codes, message } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 6, codes: ['TOO_MANY_REQUESTS'] });
  expect(message).toContain('8760 h');
  expect(Math.max(0, ...trial.waits)).toBeLessThan(600_000);
});

test('429 for ever is a failure that says so, and what helps', async () => {
  const trial = await tryBuild([onManifests(always, tooManyRequests('1'))]);
  const { exit, codes } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 6, codes: ['TOO_MANY_REQUESTS'] });
});

test.each([500, 502, 503, 504, 408])('%i on every fourth request is survived', async (status) => {
  expect(await bundleProblems(await tryBuild([onEverything(every(4), failWith(status))]))).toEqual([]);
});

test.each([500, 502, 503, 504])(
  '%i for ever on one blob fails its image; the others are pulled',
  async (status) => {
    const trial = await tryBuild((registry) => [onLargest(registry, always, failWith(status))], {
      skipMissing: true,
    });
    const { result, error } = trial.outcome;
    expect(error).toBeUndefined();
    expect(result?.images.map(({ reference }) => reference.replace(/^[^/]*\//, ''))).toEqual([
      'edge/old:1.0',
      'edge/tool:1.0',
    ]);
    expect(result?.failures).toMatchObject([{ code: 'SERVER_FAILURE' }]);
    expect(result?.failures[0]?.message).toContain(`answered ${status}`);
  },
);

test('501 is not tried again', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, failWith(501))]);
  expect((await expectFailure(trial)).exit).toBe(6);
  expect(requestsFor(trial.registry.records, trial.registry.content.largest.digest)).toHaveLength(1);
});

test('404 for a blob that a manifest names is told with the blob, and is not tried again', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, failWith(404))]);
  const { exit, codes, message } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 4, codes: ['BLOB_NOT_FOUND'] });
  expect(message).toContain(trial.registry.content.largest.digest);
  expect(requestsFor(trial.registry.records, trial.registry.content.largest.digest)).toHaveLength(1);
});

function requestsFor(records: readonly FaultRecord[], digest: string): FaultRecord[] {
  return records.filter(({ url }) => url.includes(digest));
}
