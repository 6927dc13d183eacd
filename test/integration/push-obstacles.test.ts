import type { ChildProcess } from 'node:child_process';
import type { IncomingMessage } from 'node:http';

import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { PushResult } from '../../src/workflows/push-result.ts';
import { startNginx } from '../support/nginx.ts';
import { pushTo } from '../support/push-bundle.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningDockerRegistry } from '../support/running-docker-registry.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { imageToBundle, noise, sampleContent, writeSample } from '../support/sample-bundle.ts';
import { addImage, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { bundleFile } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startUploadProxy } from '../support/upload-proxy.ts';
import type { UploadProxyOptions } from '../support/upload-proxy.ts';

const layerSize = 3_000_000;
const count = 6;
const blobs = new MemoryBlobs();
const roots = Array.from({ length: count }, (_, index) => addImage(blobs, noise(layerSize, index + 1)));
const images = await Promise.all(
  roots.map(async (root, index) => imageToBundle(`ghcr.io/org/app-${index}:1`, await graphOf(blobs, root))),
);
const { bytes } = await writeSample({ ...(await sampleContent(new MemoryBlobs())), images }, blobs);

async function expectAll(host: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const [index, root] of roots.entries()) {
    const answer = await fetch(`http://${host}/v2/org/app-${index}/manifests/1`, {
      headers: { accept: mediaTypes.ociManifest, ...headers },
    });
    expect(digestOf(new Uint8Array(await answer.arrayBuffer()))).toBe(root.digest);
  }
}

const isUpload = ({ method }: IncomingMessage): boolean => method === 'PUT' || method === 'PATCH';
const isLarge = (request: IncomingMessage): boolean =>
  isUpload(request) && Number(request.headers['content-length']) > layerSize;

describe('a push that is killed half-way', () => {
  test('sends what is missing when it is repeated, and nothing else', async () => {
    const registry = await runningDockerRegistry();
    let arrived = 0;
    let child: ChildProcess | undefined;
    const onAnswer: UploadProxyOptions['onAnswer'] = (request, status) => {
      if (!isLarge(request) || status !== 201) return;
      arrived += 1;
      if (arrived === 2) child?.kill('SIGKILL');
    };
    const first = await startUploadProxy(registry.host, { onAnswer });
    const cwd = await temporaryFolder();
    const path = await bundleFile(bytes);
    const argsFor = (host: string) => ['push', path, host, '--plain-http', host, '--concurrency', '2'];
    const onStart = (started: ChildProcess) => {
      child = started;
    };
    const killed = await runCli([...argsFor(first.host), '--max-rate', '8MB/s'], { cwd, onStart });
    expect(killed.code).toBeUndefined();
    expect(arrived).toBeGreaterThanOrEqual(2);
    expect(arrived).toBeLessThan(count);
    const there = arrived;
    const second = await startUploadProxy(registry.host);
    const result = await runCliJson<PushResult>(argsFor(second.host), { cwd });
    expect(result.statistics.bytesSent).toBe(result.statistics.bytesToSend);
    expect(result.statistics.bytesSent).toBeLessThan((count - there + 1) * layerSize);
    expect(result.statistics.bytesPresent).toBeGreaterThanOrEqual(there * layerSize);
    // Manifests are all that comes on top.
    expect(second.counts.bytes - result.statistics.bytesSent).toBeLessThan(count * 1000);
    await expectAll(registry.host);
    const third = await startUploadProxy(registry.host);
    await runCliJson<PushResult>(argsFor(third.host), { cwd });
    expect(third.counts.bytes).toBe(0);
  });

  test('Ctrl-C is told with what to do next', async () => {
    const registry = await runningDockerRegistry();
    let child: ChildProcess | undefined;
    let isInterrupted = false;
    const onAnswer: UploadProxyOptions['onAnswer'] = (request) => {
      if (!isLarge(request) || isInterrupted) return;
      isInterrupted = true;
      child?.kill('SIGINT');
    };
    const proxy = await startUploadProxy(registry.host, { onAnswer });
    const cwd = await temporaryFolder();
    const path = await bundleFile(bytes);
    const args = ['push', path, proxy.host, '--plain-http', proxy.host, '--max-rate', '8MB/s'];
    const { code, stderr } = await runCli(args, {
      cwd,
      onStart: (started) => {
        child = started;
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain('what was pushed so far is not sent again');
  });
});

describe.each([
  ['docker-registry', runningDockerRegistry],
  ['our own', runningRegistry],
] as const)('connections that break on the way to %s', (_name, start) => {
  test('each first body of a layer is cut off, and all arrives', async () => {
    const { host } = await start();
    const seen = new Set<string>();
    const proxy = await startUploadProxy(host, {
      cutAfter: (request) => {
        if (!isLarge(request) || request.method !== 'PUT') return undefined;
        const [path = ''] = (request.url ?? '').split('/blobs/');
        if (seen.has(path)) return undefined;
        seen.add(path);
        return 1_000_000;
      },
    });
    const { result } = await pushTo(proxy.host, [await bundleFile(bytes)]);
    expect(result.failures).toEqual([]);
    expect(seen.size).toBe(count);
    expect(result.statistics.retries).toBe(count);
    await expectAll(host);
  });
});

test('nginx with its usual limit of 1 MiB: layers go in chunks', async () => {
  const registry = await runningDockerRegistry();
  const nginx = await startNginx({
    listeners: 1,
    http: ([host = '']) => `server { listen ${host}; location / { proxy_pass http://${registry.host}; } }`,
  });
  const { result } = await pushTo(nginx.host, [await bundleFile(bytes)]);
  expect(result.failures).toEqual([]);
  await expectAll(registry.host);
  const answers = await nginx.answers();
  expect(answers.some((line) => line.startsWith('413 PUT'))).toBe(true);
  expect(answers.filter((line) => line.startsWith('202 PATCH'))).toHaveLength(count * 3);
});

describe('a registry that wants a login', () => {
  const login = { username: 'edge', password: 's3cret with $igns' };
  const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;

  test('takes everything from who has it', async () => {
    const { host } = await runningDockerRegistry({ login });
    const credential = { ...login, origin: 'test' };
    const { result } = await pushTo(host, [await bundleFile(bytes)], { credential });
    expect(result.failures).toEqual([]);
    await expectAll(host, { authorization });
  });

  test.each([
    ['no password', undefined],
    ['a wrong one', { username: 'edge', password: 'wr0ng', origin: 'test' }],
  ])('%s: nothing is pushed, and how to log in is told', async (_name, credential) => {
    const registry = await runningDockerRegistry({ login });
    const proxy = await startUploadProxy(registry.host);
    const options = credential === undefined ? {} : { credential };
    const error = await rejection(pushTo(proxy.host, [await bundleFile(bytes)], options));
    expect(error).toMatchObject({ code: 'PUSH_FAILED', kind: 'authentication' });
    expect(error.suggestions.join()).toContain(`palette-edge login ${proxy.host}`);
    expect(everythingShown(error)).not.toContain('wr0ng');
    // A wrong password is shown once: more could lock the account.
    const shown = proxy.requests.filter(({ headers }) => headers.authorization !== undefined);
    expect(shown).toHaveLength(credential === undefined ? 0 : 1);
    // Each repository is asked for its tag, and then once whether it can be written to; some at the same time.
    const perRepository = Map.groupBy(proxy.requests, ({ url }) => url.split(/\/(?:blobs|manifests)\//)[0]);
    expect(Math.max(...Array.from(perRepository.values(), ({ length }) => length))).toBeLessThanOrEqual(3);
  });
});

test('a registry that cannot be reached: one message, at once', async () => {
  const error = await rejection(pushTo('127.0.0.1:1', [await bundleFile(bytes)]));
  expect(error).toMatchObject({ code: 'PUSH_FAILED', kind: 'network' });
  expect(error.message).toContain('the connection was refused');
});

describe('from the command line', () => {
  test('deploy is push, and says what it did', async () => {
    const { host } = await runningRegistry();
    const cwd = await temporaryFolder();
    const path = await bundleFile(bytes);
    const args = ['deploy', path, `${host}/edge`, '--plain-http', host, '--image', '**/app-1:*'];
    const planned = await runCli([...args, '--dry-run'], { cwd });
    expect(planned).toMatchObject({ code: 0 });
    expect(planned.stdout).toContain(`${host}/edge/org/app-1:1  to push`);
    const pushed = await runCli(args, { cwd });
    expect(pushed).toMatchObject({ code: 0 });
    expect(pushed.stdout).toContain(`Pushed to ${host}/edge\n`);
    expect(pushed.stderr).toContain('1 image, 1 to push: 3.00 MB to send, 0 B are there');
  });

  test('some images that fail: the others are pushed, and the exit code is 8', async () => {
    const { host } = await runningDockerRegistry();
    const proxy = await startUploadProxy(host, {
      cutAfter: (request) => (isUpload(request) && request.url?.includes('/app-1/') === true ? 0 : undefined),
    });
    const cwd = await temporaryFolder();
    const few = ['--image', '**/app-1:*', '--image', '**/app-2:*'];
    const args = ['push', await bundleFile(bytes), proxy.host, '--plain-http', proxy.host, ...few];
    const { code, stdout } = await runCli(args, { cwd });
    expect(code).toBe(8);
    expect(stdout).toContain('1 image failed:\n  ghcr.io/org/app-1:1\n');
  });

  test('a registry that is missing is told, and no password', async () => {
    const cwd = await temporaryFolder();
    const { code, stdout, stderr } = await runCli(['push', 'core.tar.zst', 'edge:s3cret@r.site'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('REGISTRY takes names without user, password');
    expect(stdout + stderr).not.toContain('s3cret');
  });
});
