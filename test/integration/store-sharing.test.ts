import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { cliEntry } from '../support/cli-entry.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { startLoneNetwork } from '../support/lone-network.ts';
import { unusedHost } from '../support/loopback-server.ts';
import { relayInto } from '../support/network-relay.ts';
import type { RelayWatch } from '../support/network-relay.ts';
import { pushSeededImages } from '../support/push-seeded-images.ts';
import { runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { startS3Server } from '../support/s3-server.ts';
import type { S3Server } from '../support/s3-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const megabyte = 1_000_000;
const layers = [1, 2, 3, 4].map((seed) => ({ seed: `shared between builders ${seed}`, size: 2 * megabyte }));
const layerBytes = layers.reduce((sum, { size }) => sum + size, 0);

let origin: DockerRegistry;
let registry: DockerRegistry;
let s3: S3Server;

beforeAll(async () => {
  [origin, registry, s3] = await Promise.all([startDockerRegistry(), startDockerRegistry(), startS3Server()]);
  await pushSeededImages(origin.host, [{ name: 'shared/app', layers }]);
});
afterAll(async () => {
  for (const server of [origin, registry, s3]) await server.stop();
});

type Kind = 'oci' | 's3';

/** A shared store that nothing is in yet. */
function sharedStore(kind: Kind, name: string) {
  return kind === 'oci'
    ? { url: `oci://${registry.host}/${name}`, port: registry.port, environment: {} }
    : { url: `s3://${s3.bucket}/${name}`, port: Number(s3.host.split(':')[1]), environment: s3.environment };
}

type SharedPlace = ReturnType<typeof sharedStore>;

/** A machine of its own: another network, another home, another store. */
async function startBuilder(
  shared: SharedPlace,
  watch: { readonly [server in 'origin' | 'shared']?: RelayWatch } = {},
) {
  const cwd = await temporaryFolder();
  const enter = await startLoneNetwork();
  await relayInto(enter, [
    { port: origin.port, watch: watch.origin },
    { port: shared.port, watch: watch.shared },
  ]);
  const [program, before] = enter(process.execPath, cliEntry);
  const build = async (onStart?: (kill: () => void) => void): Promise<CliRun> =>
    await runCli([...before.slice(1), ...buildOf(shared)], {
      cwd,
      node: program,
      entry: before[0] ?? '',
      env: shared.environment,
      ...(onStart === undefined ? {} : { onStart: (child) => onStart(() => child.kill('SIGKILL')) }),
    });
  return { cwd, build, bundle: async () => await readFile(join(cwd, 'app.tar.zst')) };
}

function buildOf({ url }: SharedPlace): readonly string[] {
  const image = `${origin.host}/shared/app:1`;
  const hosts = [origin.host, registry.host, s3.host].flatMap((host) => ['--plain-http', host]);
  return ['build', '--image', image, ...hosts, '--store', url, '--output', 'app.tar.zst', '--json'];
}

function resultOf({ code, stdout, stderr }: CliRun): BuildResult {
  if (code !== 0) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
  const result: BuildResult = JSON.parse(stdout);
  return result;
}

/** Method and path of what the origin was asked. */
function requestsIn(log: string): string[] {
  return Array.from(
    log.matchAll(/"(GET|HEAD|POST|PUT) (\/v2\/\S+) HTTP/g),
    ([, method, path]) => `${method} ${path}`,
  );
}

async function withOriginLog<T>(work: () => Promise<T>): Promise<{ result: T; asked: string[] }> {
  const before = origin.log().length;
  const result = await work();
  // It writes of a request when it has answered; this one comes after all of them.
  await fetch(`http://${origin.host}/v2/`);
  while (!/"GET \/v2\/ HTTP/.test(origin.log().slice(before))) await new Promise(setImmediate);
  return {
    result,
    asked: requestsIn(origin.log().slice(before)).filter((request) => request !== 'GET /v2/'),
  };
}

/** Blobs of the shared store whose content is something else. */
async function damagedIn(kind: Kind): Promise<string[]> {
  const root = kind === 's3' ? s3.folder : join(registry.folder, 'storage/docker/registry/v2/blobs');
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const damaged: string[] = [];
  for (const file of files.filter((each) => each.isFile())) {
    const path = join(file.parentPath, file.name);
    const name = kind === 's3' ? file.name : basename(file.parentPath);
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    if (
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex') !== name
    )
      damaged.push(path);
  }
  return damaged;
}

test('of two builders in networks of their own that share a store, the second pulls nothing from the origin', async () => {
  const shared = sharedStore('oci', 'second');
  const [first, second] = await Promise.all([startBuilder(shared), startBuilder(shared)]);
  const filled = resultOf(await first.build());
  expect(filled.statistics).toMatchObject({ bytesFromSharedStores: 0 });
  expect(filled.statistics.bytesIntoSharedStores).toBeGreaterThan(layerBytes);

  const { result, asked } = await withOriginLog(async () => resultOf(await second.build()));
  // What the tag stands for only the origin knows.
  expect(asked).toEqual(['HEAD /v2/shared/app/manifests/1']);
  expect(result.statistics).toMatchObject({ bytesPulled: 0, bytesReused: 0, bytesIntoSharedStores: 0 });
  expect(result.statistics.bytesFromSharedStores).toBe(filled.statistics.bytesIntoSharedStores);
  expect(result.plan).toMatchObject({
    bytesToPull: 0,
    bytesInSharedStores: layerBytes + configBytes(result),
  });
  expect(result.warnings).toEqual([]);
  expect((await second.bundle()).equals(await first.bundle())).toBe(true);
});

/** Of what is no manifest and no layer. */
function configBytes({ plan }: BuildResult): number {
  return plan.bytes - plan.bytesInStore - layerBytes;
}

test.each([
  ['oci', 'origin', 'the origin gives it a layer'],
  ['s3', 'shared', 'it gives the shared store a layer'],
] as const)(
  'of two builders over %s one is killed in the middle: both get there',
  async (kind, held, when) => {
    const shared = sharedStore(kind, 'killed');
    const hold = holdingWatch(held === 'origin' ? 'fromServer' : 'toServer');
    const [first, second] = await Promise.all([
      startBuilder(shared, { [held]: hold.watch }),
      startBuilder(shared),
    ]);
    let kill = (): void => undefined;
    const halfDone = first.build((end) => (kill = end));
    await hold.isHeld;
    // The first is in the middle of a layer all the while.
    const other = resultOf(await second.build());
    kill();
    hold.release();
    expect([when, (await halfDone).code]).toEqual([when, undefined]);
    expect(other.warnings).toEqual([]);

    const { result, asked } = await withOriginLog(async () => resultOf(await first.build()));
    // All of it is in the shared store by now; what the first has half of it goes on with.
    expect(asked).toEqual(['HEAD /v2/shared/app/manifests/1']);
    expect(result.warnings).toEqual([]);
    expect(result.statistics).toMatchObject({ bytesPulled: 0, bytesIntoSharedStores: 0 });
    expect((await first.bundle()).equals(await second.bundle())).toBe(true);
    expect(await damagedIn(kind)).toEqual([]);
  },
);

/** Holds the bytes to one side once half of a layer has gone there. */
function holdingWatch(heldSide: 'toServer' | 'fromServer') {
  const isHeld = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let moved = 0;
  const watch: RelayWatch = async (side, count) => {
    if (side !== heldSide) return;
    moved += count;
    if (moved < megabyte) return;
    isHeld.resolve();
    await released.promise;
  };
  return { watch, isHeld: isHeld.promise, release: released.resolve };
}

test('damaged blobs come from the origin, with one warning, and are put right in a bucket', async () => {
  const shared = sharedStore('s3', 'damaged');
  const build = async (folder: string): Promise<BuildResult> =>
    resultOf(await runCli(buildOf(shared), { cwd: folder, env: shared.environment }));
  const [first, second] = [await temporaryFolder(), await temporaryFolder()];
  await build(first);
  const blobs = join(s3.folder, 'damaged/blobs/sha256');
  const bySize = await Promise.all(
    (await readdir(blobs)).map(async (name) => ({ name, size: (await readFile(join(blobs, name))).length })),
  );
  const layer = bySize.find(({ size }) => size === layers[0]?.size);
  await writeFile(join(blobs, layer?.name ?? ''), Buffer.alloc(layers[0]?.size ?? 0));
  expect(await damagedIn('s3')).toHaveLength(1);

  const { result, asked } = await withOriginLog(async () => await build(second));
  expect(result.warnings.map(({ code }) => code)).toEqual(['SHARED_BLOB_DAMAGED']);
  expect(asked).toEqual([
    'HEAD /v2/shared/app/manifests/1',
    `GET /v2/shared/app/blobs/sha256:${layer?.name}`,
  ]);
  expect(result.statistics).toMatchObject({ bytesPulled: layer?.size, bytesIntoSharedStores: layer?.size });
  expect(await damagedIn('s3')).toEqual([]);
  expect(
    (await readFile(join(first, 'app.tar.zst'))).equals(await readFile(join(second, 'app.tar.zst'))),
  ).toBe(true);
});

test('a shared store that is not there costs a warning, one that does not let us in ends the build', async () => {
  const cwd = await temporaryFolder();
  const nowhere = { ...sharedStore('oci', 'x'), url: `oci://${await unusedHost()}/cache` };
  const plainHttp = ['--plain-http', '127.0.0.1'];
  const gone = resultOf(await runCli([...buildOf(nowhere), ...plainHttp], { cwd }));
  expect(gone.warnings.map(({ code }) => code)).toEqual(['SHARED_STORE_UNAVAILABLE']);
  expect(gone.statistics).toMatchObject({ bytesFromSharedStores: 0, bytesIntoSharedStores: 0 });

  const bucket = sharedStore('s3', 'x');
  const wrongKey = { ...bucket.environment, AWS_SECRET_ACCESS_KEY: 'wrong' };
  const denied = await runCli(buildOf(bucket), { cwd, env: wrongKey });
  expect(denied.code).toBe(3);
  expect(denied.stdout).toContain('S3_KEYS_REFUSED');
  expect(denied.stdout).toContain(bucket.url);
});
