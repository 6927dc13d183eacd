import type { ServerResponse } from 'node:http';

import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { startServer } from '../support/loopback-server.ts';
import { runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cliEntry } from '../support/cli-entry.ts';

const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: [],
  }),
);

const low = (host: string): string =>
  `${host} allows 7 more of 100 pulls in 6 h; those who log in have more: palette-edge login ${host}`;

test('a registry that asks to slow down is told of in one line, and the plan has the pulls it allows', async () => {
  const { host } = await limitedRegistry((count) => count > 3 && count <= 6);
  const run = await planTwelveImages(host);
  expect(run.code).toBe(0);
  const told = run.stderr.split('\n').filter((line) => line.includes('asked to slow down'));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(
    new RegExp(`^${host} asked to slow down: waiting 1 s, then \\d requests? at a time$`),
  );
  expect(run.stdout).toMatch(new RegExp(`${host} +12 images, .*, 7 of 100 pulls left in 6 h`));
  expect(run.stderr).toContain(low(host));
});

test('scripts get the pulls that are left as data', async () => {
  const { host } = await limitedRegistry(() => false);
  const run = await planTwelveImages(host, '--json');
  expect(run.code).toBe(0);
  const { plan, warnings } = JSON.parse(run.stdout);
  const rateLimit = { limit: 100, remaining: 7, windowSeconds: 21_600 };
  expect(plan.registries).toMatchObject([{ registry: host, images: 12, rateLimit }]);
  expect(warnings).toContainEqual({ code: 'PULL_LIMIT_LOW', message: low(host) });
});

async function planTwelveImages(host: string, ...flags: readonly string[]): Promise<CliRun> {
  const images = Array.from({ length: 12 }, (_, index) => ['--image', `${host}/org/app${index}:1`]);
  const args = ['build', ...images.flat(), '--plain-http', host, '--store', 'store', '--dry-run', ...flags];
  return await runCli(args, { cwd: await temporaryFolder(), entry: cliEntry });
}

/** A registry that has every image, and tells what it allows as Docker Hub does. */
async function limitedRegistry(isRefused: (count: number) => boolean) {
  let count = 0;
  return await startServer(({ url = '' }, response) => {
    count += 1;
    if (isRefused(count)) response.writeHead(429, { 'retry-after': '1' }).end();
    else send(response, url.includes('/manifests/') ? manifest : config);
  });
}

function send(response: ServerResponse, bytes: Buffer): void {
  response.writeHead(200, {
    'content-length': bytes.length,
    'docker-content-digest': digestOf(bytes),
    ...(bytes === manifest
      ? {
          'content-type': mediaTypes.ociManifest,
          'ratelimit-limit': '100;w=21600',
          'ratelimit-remaining': '7;w=21600',
        }
      : {}),
  });
  response.end(bytes);
}
