import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import type { CredentialSource } from '../../src/registry/credentials.ts';
import { endlessBody } from '../support/fault-bodies.ts';
import { runFaultBuild } from '../support/fault-build.ts';
import { hang } from '../support/fault-connections.ts';
import { redirectToStorage } from '../support/fault-redirects.ts';
import { onBlobs } from '../support/fault-rules.ts';
import { always, first } from '../support/fault-schedule.ts';
import { failWith } from '../support/fault-statuses.ts';
import {
  accessTokenOnly,
  basicGate,
  expiresInOneSecond,
  tokenGate,
  withoutExpiry,
  withoutToken,
} from '../support/fault-tokens.ts';
import type { Fault, FaultRule } from '../support/fault-registry.ts';
import { expectFailure, bundleProblems, startFaultRegistry, tryBuild } from '../support/fault-trial.ts';
import { everythingShown } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

const secret = 'a-s3cret-of-the-test';

test('many requests at once: one token for each repository, each asked for with one scope', async () => {
  const { gate, issued } = tokenGate();
  const trial = await tryBuild([], { registry: { gate } });
  expect(await bundleProblems(trial)).toEqual([]);
  const asked = trial.registry.records.filter(({ url }) => url.startsWith('/token'));
  expect(asked).toHaveLength(3);
  expect([...issued.values()].filter((scopes) => scopes.length !== 1)).toEqual([]);
});

test.each<[string, Fault]>([
  ['only an access_token', accessTokenOnly],
  ['no expires_in', withoutExpiry],
])('a token server that gives %s', async (_, fault) => {
  const { gate } = tokenGate();
  expect(await bundleProblems(await tryBuild([onToken(always, fault)], { registry: { gate } }))).toEqual([]);
});

test('tokens that are good for a second are asked for again before they expire', async () => {
  const { gate } = tokenGate();
  let now = 0;
  const clock = (): number => (now += 400);
  const trial = await tryBuild([onToken(always, expiresInOneSecond)], { registry: { gate }, now: clock });
  expect(await bundleProblems(trial)).toEqual([]);
  expect(trial.registry.records.filter(({ url }) => url.startsWith('/token')).length).toBeGreaterThan(5);
  expect(trial.registry.records.filter(({ status }) => status === 401)).toHaveLength(3);
});

test.each([401, 400] as const)(
  'tokens that expire in mid-build, which is told with %i, are renewed',
  async (status) => {
    const { gate, issued } = tokenGate({ expireAt: [16, 22, 28], expiredAnswer: status });
    const registry = await startFaultRegistry({ gate });
    const folder = await temporaryFolder();
    const { error } = await runFaultBuild({ folder, references: registry.references, concurrency: 1 });
    expect(error).toBeUndefined();
    expect(issued.size).toBeGreaterThan(3);
  },
);

test('a challenge that is at /v2/ only is looked for there', async () => {
  const { gate } = tokenGate({ challengeAt: 'root' });
  const trial = await tryBuild([], { registry: { gate } });
  expect(await bundleProblems(trial)).toEqual([]);
  expect(trial.registry.records.some(({ url }) => url === '/v2/')).toBe(true);
});

test('401 without any challenge is a denied access', async () => {
  const { gate } = tokenGate({ challengeAt: 'nowhere' });
  const registry = await startFaultRegistry({ gate });
  const { error } = await runFaultBuild({ folder: await temporaryFolder(), references: registry.references });
  expect(error).toMatchObject({ code: 'IMAGES_FAILED', kind: 'authentication' });
});

test('a registry that knows nothing but Basic', async () => {
  const gate = basicGate('edge', secret);
  expect(
    await bundleProblems(await tryBuild([], { registry: { gate }, credentials: password(secret) })),
  ).toEqual([]);
});

test('a wrong password is tried once however many images want it, and never shown', async () => {
  const registry = await startFaultRegistry({ gate: basicGate('edge', 'right') });
  const outcome = await runFaultBuild({
    folder: await temporaryFolder(),
    references: registry.references,
    credentials: password(secret),
  });
  expect(outcome.error).toMatchObject({ code: 'IMAGES_FAILED', kind: 'authentication' });
  expect(everythingShown(outcome.error)).not.toContain(secret);
  // Accounts are locked when a refused password is tried again and again.
  const tried = registry.records.filter(({ authorization }) => authorization !== undefined);
  expect(registry.references.length).toBeGreaterThan(1);
  expect(tried).toHaveLength(1);
});

test.each([500, 503, 429])('a token server that answers %i once', async (status) => {
  const { gate } = tokenGate();
  expect(
    await bundleProblems(await tryBuild([onToken(first(1), failWith(status))], { registry: { gate } })),
  ).toEqual([]);
});

test.each<[string, Fault, object]>([
  ['whose answer has no end', endlessBody, { exit: 5, codes: ['RESPONSE_TOO_LARGE'] }],
  ['that gives no token', withoutToken, { exit: 3, codes: ['TOKEN_INVALID'] }],
  ['that answers 500 for ever', failWith(500), { exit: 6, codes: ['SERVER_FAILURE'] }],
  ['that never answers', hang, { exit: 6, codes: ['CONNECTION_TIMEOUT'] }],
])('a token server %s', async (_, fault, failure) => {
  const { gate } = tokenGate();
  const http = { idleTimeoutMs: 150 };
  const trial = await tryBuild([onToken(always, fault)], { registry: { gate }, http });
  expect(await expectFailure(trial)).toMatchObject(failure);
});

test('an identity token is posted; a server that knows no POST (404) is asked by GET', async () => {
  const { gate } = tokenGate();
  const trial = await tryBuild([{ ...onToken(always, failWith(404)), method: 'POST' }], {
    registry: { gate },
    credentials: { find: async () => await Promise.resolve({ identityToken: secret, origin: 'the test' }) },
  });
  expect(await bundleProblems(trial)).toEqual([]);
  const methods = trial.registry.records
    .filter(({ url }) => url.startsWith('/token'))
    .map(({ method }) => method);
  expect(methods.filter((method) => method === 'POST')).toHaveLength(3);
  expect(methods.filter((method) => method === 'GET')).toHaveLength(3);
});

test('over HTTPS: a realm that is HTTPS is used, one that is plain HTTP gets no password', async () => {
  const { tls, http } = await privateAuthority();
  const right = await startFaultRegistry({ gate: tokenGate().gate, tls });
  const credentials = password(secret);
  const taken = await runFaultBuild({
    folder: await temporaryFolder(),
    references: right.references,
    credentials,
    http,
  });
  expect(taken.error).toBeUndefined();
  const plain = await startFaultRegistry();
  const wrong = await startFaultRegistry({ gate: tokenGate({ realm: `${plain.origin}/token` }).gate, tls });
  const refused = await runFaultBuild({
    folder: await temporaryFolder(),
    references: wrong.references,
    credentials,
    http,
  });
  expect(refused.error).toMatchObject({ kind: 'authentication' });
  expect(everythingShown(refused.error)).toContain('REALM_REFUSED');
  expect(everythingShown(refused.error)).not.toContain(secret);
  expect(plain.records).toEqual([]);
});

test('over HTTPS: a redirect to storage that is plain HTTP is refused', async () => {
  const { tls, http } = await privateAuthority();
  const registry = await startFaultRegistry({ tls });
  registry.inject([onBlobs(always, redirectToStorage)]);
  const { error } = await runFaultBuild({
    folder: await temporaryFolder(),
    references: registry.references,
    http,
  });
  expect(error).toMatchObject({ kind: 'network' });
  expect(everythingShown(error)).toContain('PLAIN_HTTP_REFUSED');
});

function onToken(when: FaultRule['when'], fault: Fault): FaultRule {
  return { path: /^\/token/, when, fault };
}

function password(value: string): CredentialSource {
  return {
    find: async () => await Promise.resolve({ username: 'edge', password: value, origin: 'the test' }),
  };
}

/** A certificate for a registry, and what a client needs to trust it. */
async function privateAuthority() {
  const files = await makeTlsFiles(await temporaryFolder());
  return {
    tls: { cert: await readFile(files.certificatePath), key: await readFile(files.keyPath) },
    http: { plainHttpHosts: new Set<string>(), caCertificates: [{ name: 'ca.pem', pem: files.caPem }] },
  };
}
