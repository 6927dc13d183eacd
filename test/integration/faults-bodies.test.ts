import { expect, test } from 'vitest';

import {
  chunked,
  cutBody,
  cutBodyOfUnknownLength,
  gzipClaimed,
  gzipEncoded,
  htmlPage,
  resizedBody,
  stallAfter,
  trickleBody,
  wrongBytes,
  wrongContentLength,
} from '../support/fault-bodies.ts';
import { onLargest, onManifests, overheadOf, rangesOf } from '../support/fault-rules.ts';
import { always, first } from '../support/fault-schedule.ts';
import { expectFailure, bundleProblems, tryBuild } from '../support/fault-trial.ts';

test('a body cut once is gone on with: nothing is sent twice', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, first(1), cutBody(150_000))]);
  expect(await bundleProblems(trial)).toEqual([]);
  expect(rangesOf(trial)).toEqual([undefined, 'bytes=150000-']);
  expect(overheadOf(trial)).toBeLessThan(10_000);
});

test('a link that cuts every body after 20 kB brings the blob all the same, in twenty requests', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, cutBody(20_000))]);
  expect(await bundleProblems(trial)).toEqual([]);
  expect(rangesOf(trial)).toHaveLength(Math.ceil(trial.registry.content.largest.size / 20_000));
  expect(overheadOf(trial)).toBeLessThan(20_000);
});

test('a body of unknown length that is cut is gone on with', async () => {
  const trial = await tryBuild((registry) => [
    onLargest(registry, first(1), cutBodyOfUnknownLength(100_000)),
  ]);
  expect(await bundleProblems(trial)).toEqual([]);
  expect(overheadOf(trial)).toBeLessThan(10_000);
});

test('a body cut behind its last byte is complete', async () => {
  const trial = await tryBuild((registry) => [
    onLargest(registry, first(1), cutBodyOfUnknownLength(registry.content.largest.size)),
  ]);
  expect(await bundleProblems(trial)).toEqual([]);
  expect(overheadOf(trial)).toBeLessThan(10_000);
});

test('a body that never brings a byte fails its image, after some attempts, and names the blob', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, cutBody(0))]);
  const { exit, codes, failed, message } = await expectFailure(trial);
  expect({ exit, codes, failed }).toEqual({
    exit: 6,
    codes: ['CONNECTION_LOST'],
    failed: ['edge/app:1.0'],
  });
  expect(message).toContain('1 of 3 images failed');
  expect(rangesOf(trial).length).toBeLessThan(12);
});

test('wrong bytes once are pulled again from the beginning', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, first(1), wrongBytes)]);
  expect(await bundleProblems(trial)).toEqual([]);
  expect(rangesOf(trial)).toEqual([undefined, undefined]);
});

test('wrong bytes always are never stored, and told with both digests after one more try', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, wrongBytes)]);
  const { exit, codes, message } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 5, codes: ['DIGEST_MISMATCH'] });
  expect(message).toMatch(
    new RegExp(`expected ${trial.registry.content.largest.digest}, received sha256:[0-9a-f]{64}`),
  );
  expect(rangesOf(trial)).toEqual([undefined, undefined]);
});

test.each([
  ['longer', 7],
  ['shorter', -7],
])('a blob that is %s than its manifest says is refused, with both lengths', async (_, difference) => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, resizedBody(difference))]);
  const { exit, codes, message } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 5, codes: ['SIZE_MISMATCH'] });
  const { size } = trial.registry.content.largest;
  expect(message).toContain(`expected ${size} bytes, received ${size + difference}`);
});

test.each([
  ['long', 1000],
  ['short', -1000],
])('a Content-Length that is too %s once is survived', async (_, difference) => {
  const trial = await tryBuild((registry) => [onLargest(registry, first(1), wrongContentLength(difference))]);
  expect(await bundleProblems(trial)).toEqual([]);
});

test('bodies in chunks, without any length, are taken everywhere', async () => {
  expect(
    await bundleProblems(await tryBuild([{ method: 'GET', path: /\/v2\/./, when: always, fault: chunked }])),
  ).toEqual([]);
});

test('what is asked for uncompressed and comes compressed all the same is right in the end', async () => {
  expect(
    await bundleProblems(await tryBuild((registry) => [onLargest(registry, always, gzipEncoded)])),
  ).toEqual([]);
});

test('manifests that come compressed are right in the end', async () => {
  expect(await bundleProblems(await tryBuild([onManifests(always, gzipEncoded)]))).toEqual([]);
});

test('a body that only claims to be compressed is taken as it is', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, gzipClaimed)]);
  expect(await bundleProblems(trial)).toEqual([]);
});

test('a page of HTML instead of a blob, once, is not the blob', async () => {
  expect(
    await bundleProblems(await tryBuild((registry) => [onLargest(registry, first(1), htmlPage)])),
  ).toEqual([]);
});

test('a page of HTML instead of a blob, always, fails its image only after all others were pulled', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, htmlPage)]);
  const { exit, failed } = await expectFailure(trial);
  expect({ exit, failed }).toEqual({ exit: 5, failed: ['edge/app:1.0'] });
});

test('a server that stops sending is left for a new connection', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, first(1), stallAfter(150_000))], {
    http: { idleTimeoutMs: 1000 },
  });
  expect(await bundleProblems(trial)).toEqual([]);
  expect(rangesOf(trial)).toEqual([undefined, 'bytes=150000-']);
});

test('a body that trickles is left for a new connection', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, first(1), trickleBody(100_000))], {
    http: { stallLimits: { minimumBytes: 1024, windowMs: 300 } },
  });
  expect(await bundleProblems(trial)).toEqual([]);
  expect(rangesOf(trial).length).toBeGreaterThan(1);
});

test('a body that trickles, always, is a failure with a name and no hang', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, trickleBody(100_000))], {
    http: { stallLimits: { minimumBytes: 1024, windowMs: 50 } },
  });
  expect((await expectFailure(trial)).exit).toBe(6);
});
