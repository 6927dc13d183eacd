import { expect, test } from 'vitest';

import { cutBody } from '../support/fault-bodies.ts';
import {
  oneTimeLinks,
  redirectLoop,
  redirectNowhere,
  redirectToStorage,
  refuseAuthorization,
  relativeRedirect,
} from '../support/fault-redirects.ts';
import { onBlobs, onLargest, onStorage, overheadOf } from '../support/fault-rules.ts';
import { always, every } from '../support/fault-schedule.ts';
import { failWith } from '../support/fault-statuses.ts';
import { tokenGate } from '../support/fault-tokens.ts';
import { bundleProblems, expectFailure, startFaultRegistry, tryBuild } from '../support/fault-trial.ts';
import { pullingClient } from '../support/pulling-client.ts';

test('a redirect to storage at another origin that answers 400 when Authorization is sent', async () => {
  const { gate, issued } = tokenGate();
  const trial = await tryBuild([onStorage(always, refuseAuthorization), onBlobs(always, redirectToStorage)], {
    registry: { gate },
  });
  expect(await bundleProblems(trial)).toEqual([]);
  expect(issued.size).toBeGreaterThan(0);
  const stored = trial.registry.records.filter(({ url }) => url.startsWith('/storage/'));
  expect(stored.length).toBeGreaterThan(0);
  expect(stored.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
});

test.each([403, 400])(
  'links that are good for one request (then %i) are asked for anew at the registry',
  async (status) => {
    const trial = await tryBuild([
      onStorage(always, oneTimeLinks(failWith(status), cutBody(100_000))),
      onBlobs(always, redirectToStorage),
    ]);
    expect(await bundleProblems(trial)).toEqual([]);
    expect(overheadOf(trial)).toBeLessThan(20_000);
  },
);

test('links that expire at once, every second time', async () => {
  const trial = await tryBuild([onStorage(every(2), failWith(403)), onBlobs(always, redirectToStorage)]);
  expect(await bundleProblems(trial)).toEqual([]);
});

test('storage that refuses every link is a failure that names the storage, and no login is asked for', async () => {
  const trial = await tryBuild([onStorage(always, failWith(403)), onBlobs(always, redirectToStorage)]);
  const { exit, codes, message } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 6, codes: ['STORAGE_REFUSED'] });
  expect(message).toContain(new URL(trial.registry.storageOrigin).host);
  expect(message).not.toContain('signature');
});

test('a relative redirect is followed', async () => {
  const trial = await tryBuild([onBlobs(always, relativeRedirect)]);
  expect(await bundleProblems(trial)).toEqual([]);
  expect(trial.registry.records.some(({ url }) => url.startsWith('/storage/'))).toBe(true);
});

test('a redirect loop ends, with a word', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, redirectLoop)]);
  const { exit, codes, message } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 6, codes: ['TOO_MANY_REDIRECTS'] });
  expect(message).toContain('redirects more than 10 times');
});

test('a redirect to what is no URL is told', async () => {
  const trial = await tryBuild((registry) => [onLargest(registry, always, redirectNowhere)]);
  const { exit, codes } = await expectFailure(trial);
  expect({ exit, codes }).toEqual({ exit: 6, codes: ['REDIRECT_INVALID'] });
});

test('manifests may be redirected, too', async () => {
  const trial = await tryBuild([{ path: /\/manifests\/sha256:/, when: always, fault: relativeRedirect }]);
  expect(await bundleProblems(trial)).toEqual([]);
  expect(trial.registry.records.some(({ url }) => url.startsWith('/storage/'))).toBe(true);
});

test('storage that answers 403 to HEAD: GET tells the size of a blob', async () => {
  const registry = await startFaultRegistry();
  registry.inject([
    { method: 'HEAD', path: /^\/storage\//, when: always, fault: failWith(403) },
    { path: /\/blobs\//, when: always, fault: redirectToStorage },
  ]);
  const { client } = pullingClient();
  const { digest, size } = registry.content.largest;
  const blobs = client.blobs({ registry: registry.host, repository: 'edge/app' });
  expect(await blobs.sizeOf(digest)).toBe(size);
});
