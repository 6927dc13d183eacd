import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { mediaTypes } from '../../src/oci/media-types.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { stallAfter } from '../support/fault-bodies.ts';
import { runFaultBuild } from '../support/fault-build.ts';
import type { Gate } from '../support/fault-registry.ts';
import { onLargest } from '../support/fault-rules.ts';
import { first } from '../support/fault-schedule.ts';
import { tokenGate } from '../support/fault-tokens.ts';
import { startFaultRegistry } from '../support/fault-trial.ts';
import { leftBehind } from '../support/left-behind.ts';
import { startServer } from '../support/loopback-server.ts';
import { startNginx } from '../support/nginx.ts';
import { pushSeededImages } from '../support/push-seeded-images.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { layerDigest } from '../support/seeded-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Beyond what the buffers of all connections on the way hold. */
const largeLayer = { seed: 'large', size: 48_000_000 };
const largeDigest = `sha256:${layerDigest(largeLayer)}`;
const names = ['edge/large', 'edge/one', 'edge/two', 'edge/three', 'edge/four'];

let registry: DockerRegistry;
let digests: readonly string[];

beforeAll(async () => {
  registry = await startDockerRegistry();
  await pushSeededImages(
    registry.host,
    names.map((name, index) => ({
      name,
      layers:
        index === 0
          ? [largeLayer]
          : [
              { seed: name, size: 20_000 },
              { seed: 'shared', size: 50_000 },
            ],
    })),
  );
  digests = await Promise.all(names.toSorted().map(digestInRegistry));
});
afterAll(async () => await registry.stop());

describe('docker-registry behind nginx', () => {
  test('blobs are redirected to another port, which answers 400 to any Authorization; a token service lets in', async () => {
    const tokens = await startTokenService();
    const nginx = await startNginx({
      listeners: 2,
      http: ([api = '', storage = '']) => `
        server {
          listen ${api};
          location / { auth_request /authorize; proxy_pass http://${registry.host}; }
          location ~ ^/v2/.+/blobs/ { auth_request /authorize; try_files /none @storage; }
          location @storage { return 307 http://${storage}$request_uri; }
          location = /authorize {
            internal;
            proxy_pass http://${tokens.host}/authorize;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Original-URI $request_uri;
          }
        }
        server {
          listen ${storage};
          if ($http_authorization) { return 400; }
          location / { proxy_pass http://${registry.host}; }
        }`,
    });
    const built = await build(references(nginx.host));
    expect(built.digests).toEqual(digests);
    expect(built.problems).toEqual([]);
    const answers = await nginx.answers();
    expect(answers.filter((line) => line.startsWith('307 ')).length).toBeGreaterThanOrEqual(6);
    expect(answers.filter((line) => line.startsWith('400 '))).toEqual([]);
    expect(tokens.issued.size).toBe(names.length);
  });

  test.each([429, 503])(
    'a limit of requests that answers %i: the build completes and takes no failure',
    async (status) => {
      const nginx = await startNginx({
        listeners: 1,
        http: ([api = '']) => `
        limit_req_zone $server_addr zone=all:1m rate=20r/s;
        limit_req_status ${status};
        server {
          listen ${api};
          limit_req zone=all burst=2 nodelay;
          location / { proxy_pass http://${registry.host}; }
        }`,
      });
      const built = await build(references(nginx.host));
      expect(built.digests).toEqual(digests);
      expect(built.problems).toEqual([]);
      expect(built.result.failures).toEqual([]);
      const answers = await nginx.answers();
      const refused = answers.filter((line) => line.startsWith(`${status} `));
      expect(refused.length).toBeGreaterThan(0);
      // Slowed down, and not run against the limit again and again.
      expect(refused.length).toBeLessThan(answers.length / 2);
    },
  );

  test('a worker killed in mid-body: the blob is gone on with', async () => {
    const nginx = await startNginx({ listeners: 1, http: plainProxy });
    const built = await buildHere(nginx.host, () => nginx.killWorker());
    expect(built.digests).toEqual(digests);
    expect(built.problems).toEqual([]);
    expect(built.result.statistics.retries).toBeGreaterThan(0);
  });

  test('a reload in mid-build goes unnoticed', async () => {
    const nginx = await startNginx({ listeners: 1, http: plainProxy });
    const built = await buildHere(nginx.host, () => nginx.reload());
    expect(built.digests).toEqual(digests);
    expect(built.problems).toEqual([]);
  });

  test('with gzip on for everything, nothing is compressed on the way to us', async () => {
    const nginx = await startNginx({
      listeners: 1,
      http: (hosts) => `gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1; ${plainProxy(hosts)}`,
    });
    const built = await build(references(nginx.host));
    expect(built.digests).toEqual(digests);
    expect(built.problems).toEqual([]);
    expect((await nginx.answers()).filter((line) => line.endsWith(' gzip'))).toEqual([]);
  });
});

test('nginx that cuts a body because its upstream is silent (proxy_read_timeout): the blob is gone on with', async () => {
  const upstream = await startFaultRegistry();
  upstream.inject([onLargest(upstream, first(1), stallAfter(150_000))]);
  const nginx = await startNginx({
    listeners: 1,
    http: ([api = '']) => `
      proxy_read_timeout 1s;
      server { listen ${api}; location / { proxy_pass http://${upstream.host}; } }`,
  });
  const built = await build(upstream.content.names.map((name) => `${nginx.host}/${name}`));
  expect(built.problems).toEqual([]);
  expect(built.result.statistics.retries).toBeGreaterThan(0);
  expect(upstream.records.some(({ range }) => range?.startsWith('bytes=') === true)).toBe(true);
});

function plainProxy([api = '']: readonly string[]): string {
  return `server { listen ${api}; location / { proxy_pass http://${registry.host}; } }`;
}

async function digestInRegistry(name: string): Promise<string> {
  const response = await fetch(`http://${registry.host}/v2/${name}/manifests/1`, {
    method: 'HEAD',
    headers: { accept: mediaTypes.ociManifest },
  });
  return response.headers.get('docker-content-digest') ?? '';
}

/** The names of all images, at a host. */
function references(host: string): string[] {
  return names.map((name) => `${host}/${name}:1`);
}

/** Builds with the command line, as a user does, and verifies the bundle. */
async function build(images: readonly string[]) {
  const folder = await temporaryFolder();
  const where = ['--store', 'store', '--output', 'out/bundle.tar.zst'];
  const result = await runCliJson<BuildResult>(
    ['build', '--plain-http', '127.0.0.1', ...where, ...images.flatMap((image) => ['--image', image])],
    { cwd: folder },
  );
  const verified = await runCli(['verify', 'out/bundle.tar.zst'], { cwd: folder });
  const left = await leftBehind({ folder, hasBundle: true });
  return {
    result,
    digests: result.images.map(({ digest }) => digest),
    problems: verified.code === 0 ? left : [verified.stdout, verified.stderr, ...left],
  };
}

/** Builds in this process, which knows when the first bytes of a large blob have come. */
async function buildHere(host: string, whenPulling: () => void) {
  const folder = await temporaryFolder();
  let isTold = false;
  const { result, error } = await runFaultBuild({
    folder,
    references: references(host),
    sleep: async (milliseconds) => await wait(milliseconds),
    listener: (event) => {
      const isBegun = event.kind === 'blob-bytes' && event.digest === largeDigest;
      if (!isBegun || isTold) return;
      isTold = true;
      whenPulling();
    },
  });
  if (result === undefined) throw new Error('the build failed', { cause: error });
  return {
    result,
    digests: result.images.map(({ digest }) => digest),
    problems: await leftBehind({ folder, hasBundle: true }),
  };
}

/** Gives tokens, and tells nginx who has one. */
async function startTokenService() {
  const service: { gate?: Gate } = {};
  const { host } = await startServer((request, response) => {
    const original = request.headers['x-original-uri'];
    const url = typeof original === 'string' ? original : request.url;
    const { method, headers } = request;
    const answer = service.gate?.({ method, url, headers, body: '' }, { origin: `http://${host}` });
    response.writeHead(answer?.status ?? 200, answer?.headers);
    response.end(answer?.body);
  });
  const { gate, issued } = tokenGate();
  service.gate = gate;
  return { host, issued };
}
