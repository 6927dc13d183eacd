import { expect, test } from 'vitest';

import {
  closeWithoutAnswer,
  giantHeaders,
  hang,
  http10,
  informational,
  notHttp,
  reset,
  resetAfterHeaders,
  trickleHeaders,
} from '../support/fault-connections.ts';
import type { Fault, FaultRegistry } from '../support/fault-registry.ts';
import { onBlobs, onEverything, onLargest, onManifests } from '../support/fault-rules.ts';
import { always, every, first } from '../support/fault-schedule.ts';
import { expectFailure, bundleProblems, startFaultRegistry, tryBuild } from '../support/fault-trial.ts';
import { runFaultBuild } from '../support/fault-build.ts';
import { leftBehind } from '../support/left-behind.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test.each<[string, Fault]>([
  ['closed without an answer', closeWithoutAnswer],
  ['reset', reset],
  ['reset behind the head of the answer', resetAfterHeaders],
])('every fifth connection %s: the build completes', async (_, fault) => {
  expect(await bundleProblems(await tryBuild([onEverything(every(5), fault)]))).toEqual([]);
});

test.each<[string, Fault]>([
  ['never answers', hang],
  ['sends its headers byte by byte, without end', trickleHeaders],
])('a server that %s once is left for a new connection', async (_, fault) => {
  const http = { idleTimeoutMs: 500 };
  expect(
    await bundleProblems(await tryBuild([onManifests(first(1), fault), onBlobs(first(1), fault)], { http })),
  ).toEqual([]);
});

test.each<[string, Fault, string[]]>([
  ['never answers', hang, ['CONNECTION_TIMEOUT']],
  ['sends its headers byte by byte, without end', trickleHeaders, ['CONNECTION_TIMEOUT']],
  ['resets every connection', reset, ['CONNECTION_LOST']],
  ['does not speak HTTP', notHttp, ['NOT_HTTP']],
])('a server that %s, always, is a failure with a name and no hang', async (_, fault, codes) => {
  const trial = await tryBuild([onEverything(always, fault)], { http: { idleTimeoutMs: 100 } });
  const failure = await expectFailure(trial);
  expect(failure).toMatchObject({ exit: 6, codes });
  expect(failure.message).toContain(trial.registry.host);
});

test('a megabyte of headers is refused, without an end in memory', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, giantHeaders)]);
  const { exit, failed } = await expectFailure(trial);
  expect({ exit, failed }).toEqual({ exit: 6, failed: ['edge/app:1.0'] });
});

test('a server of HTTP/1.0 is taken', async () => {
  expect(await bundleProblems(await tryBuild([onEverything(always, http10)]))).toEqual([]);
});

test('some informational answers before the real one are passed over', async () => {
  const fault = informational(10);
  expect(await bundleProblems(await tryBuild([{ method: 'GET', path: /./, when: always, fault }]))).toEqual(
    [],
  );
});

test('a flood of informational answers is a failure with a name', async () => {
  const trial = await tryBuild([onEverything(always, informational(5000))]);
  const { exit, message } = await expectFailure(trial);
  expect(exit).toBe(6);
  expect(message).toContain('interim answers');
});

test('idle connections that were closed without notice cost no build', async () => {
  const trial = await tryBuild((registry) => [
    { path: /\/v2\//, when: every(3), fault: closeIdleThen(registry) },
  ]);
  expect(await bundleProblems(trial)).toEqual([]);
});

test('a registry that goes away in the middle and comes back: the build waits for it and completes', async () => {
  const registry = await startFaultRegistry();
  const clean = await runFaultBuild({ folder: await temporaryFolder(), references: registry.references });
  registry.inject([onBlobs(first(1), () => registry.stop())]);
  const folder = await temporaryFolder();
  let isRefused = false;
  const { result, error } = await runFaultBuild({
    folder,
    references: registry.references,
    listener: (event) => {
      if (event.kind !== 'retry') return;
      const { error: reason } = event.retry;
      isRefused ||= reason instanceof Error && 'code' in reason && reason.code === 'CONNECTION_REFUSED';
    },
    sleep: async () => {
      if (isRefused) await registry.restart();
    },
  });
  expect(error).toBeUndefined();
  expect(isRefused).toBe(true);
  expect(result?.bundle?.sha256).toBe(clean.result?.bundle?.sha256);
  expect(await leftBehind({ folder, hasBundle: true })).toEqual([]);
});

test('a registry that goes away for good fails its images; run again when it is back, the build goes on', async () => {
  const registry = await startFaultRegistry();
  registry.inject([onLargest(registry, first(1), () => registry.stop())]);
  const folder = await temporaryFolder();
  const lost = await runFaultBuild({ folder, references: registry.references });
  expect(lost.error).toMatchObject({ code: 'IMAGES_FAILED', kind: 'network' });
  expect(await leftBehind({ folder, hasBundle: false })).toEqual([]);
  await registry.restart();
  registry.inject([]);
  const again = await runFaultBuild({ folder, references: registry.references });
  expect(again.error).toBeUndefined();
  expect(await leftBehind({ folder, hasBundle: true })).toEqual([]);
});

test('a host that is not there fails its images fast, all of them, and the rest go on', async () => {
  const dead = await unusedHost();
  const registry = await startFaultRegistry();
  const there = registry.references;
  const missing = Array.from({ length: 20 }, (_, index) => `${dead}/edge/app-${index}:1.0`);
  const folder = await temporaryFolder();
  const { result, error, waits } = await runFaultBuild({
    folder,
    references: [...missing, ...there],
    skipMissing: true,
  });
  expect(error).toBeUndefined();
  expect(result?.images.map(({ reference }) => reference)).toEqual(there.toSorted());
  expect(result?.failures.map(({ reference }) => reference).toSorted()).toEqual(missing.toSorted());
  expect(new Set(result?.failures.map(({ code }) => code))).toEqual(new Set(['CONNECTION_REFUSED']));
  expect(waits).toEqual([]);
  expect(await leftBehind({ folder, hasBundle: true })).toEqual([]);
});

/** Answers, after the connections that nobody uses right now were closed. */
function closeIdleThen(registry: FaultRegistry): Fault {
  return ({ response, answer, request }) => {
    registry.closeIdleConnections();
    response.writeHead(answer.status, answer.headers);
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  };
}
