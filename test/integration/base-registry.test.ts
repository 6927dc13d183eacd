import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import type { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { digestHex } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { BaseRequest } from '../../src/workflows/open-with-bases.ts';
import { registryBase } from '../../src/workflows/registry-base.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { craneProgram } from '../support/crane.ts';
import { deltaFiles } from '../support/delta-bundles.ts';
import type { DeltaFiles } from '../support/delta-bundles.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { pushTo } from '../support/push-bundle.ts';
import { rejection } from '../support/rejection.ts';

const run = promisify(execFile);
let files: DeltaFiles;
beforeAll(async () => {
  files = await deltaFiles(await mkdtemp(join(tmpdir(), 'palette-edge-test-')));
});
afterAll(async () => await rm(files.folder, { recursive: true }));

async function dockerRegistry() {
  const registry = await startDockerRegistry();
  onTestFinished(async () => await registry.stop());
  return registry;
}

/** The registry of a site as where bases are. */
function basesIn(host: string, prefix: string, paths: readonly string[] = []): BaseRequest {
  const { client } = pullingClient();
  const destination = { registry: host, path: prefix };
  return { paths, places: [registryBase({ destination, client })], folder: tmpdir() };
}

async function reading<T>(path: string, use: (reader: BundleReader) => T): Promise<T> {
  return await withBundle(path, async (reader) => await Promise.resolve(use(reader)));
}

/** Images of a bundle by their names in a registry. */
async function namesIn(path: string, place: string): Promise<ReadonlyMap<string, Digest>> {
  const images = await reading(path, ({ inventory }) => inventory.images);
  return new Map(
    images.map(({ reference, digest }) => [reference.replace('quay.io', place), digest] as const),
  );
}

/** Checks with crane that a registry has the images of a bundle, all of them, byte by byte. */
async function validate(path: string, place: string): Promise<void> {
  for (const [name, digest] of await namesIn(path, place)) {
    const { stdout } = await run(craneProgram(), ['digest', '--insecure', name]);
    expect([name, stdout.trim()]).toEqual([name, digest]);
    await run(craneProgram(), ['validate', '--insecure', '--remote', name]);
  }
}

/** What the delta bundle of the second version takes as it is, and has changes to. */
async function neededBy(path: string) {
  return await reading(path, ({ inventory, stored }) => {
    const delta = stored.squeezed?.delta;
    const roles = new Map(inventory.blobs.map(({ digest, role }) => [digest, role]));
    const taken = delta?.taken.map(({ digest }) => digest) ?? [];
    const olds = delta?.patches.flatMap((patch) => patch.olds) ?? [];
    return { layers: taken.filter((digest) => roles.get(digest) === 'layer'), olds };
  });
}

describe('push', () => {
  test('to the registry that has the base: what is there is not read, and old layers are, for what changed', async () => {
    const registry = await dockerRegistry();
    const { host } = registry;
    await pushTo(host, [files.versions[0]], { prefix: 'edge' });
    const before = registry.log().length;
    const bases = basesIn(host, 'edge');
    const { result } = await pushTo(host, [files.second], { prefix: 'edge', bases });
    expect(result.failures).toEqual([]);
    await validate(files.versions[1], `${host}/edge`);
    const { layers, olds } = await neededBy(files.second);
    const others = layers.filter((digest) => !olds.includes(digest));
    const gets = registry.log().slice(before);
    const isRead = (digest: Digest): boolean => new RegExp(`"?GET /v2/\\S*blobs/${digest}`).test(gets);
    expect(olds.length).toBeGreaterThan(0);
    expect(olds.filter(isRead)).toEqual([...new Set(olds)].filter(isRead));
    expect(others.filter(isRead)).toEqual([]);
    const again = await pushTo(host, [files.second], { prefix: 'edge', bases: basesIn(host, 'edge') });
    expect(again.result.statistics).toMatchObject({ bytesSent: 0, bytesToSend: 0 });
  }, 120_000);

  test('to another prefix of it, mounted; to another registry, read and sent; a dry run says so', async () => {
    const { host } = await dockerRegistry();
    await pushTo(host, [files.versions[0]], { prefix: 'edge', keepsRegistry: true });
    const bases = (): BaseRequest => basesIn(host, 'edge');
    const dry = await pushTo(host, [files.second], { prefix: 'new', bases: bases(), isDryRun: true });
    const { result } = await pushTo(host, [files.second], { prefix: 'new', bases: bases() });
    expect(result.failures).toEqual([]);
    expect(result.statistics.blobsMounted).toBeGreaterThan(0);
    expect(result.statistics.bytesSent).toBe(dry.result.statistics.bytesToSend);
    await validate(files.versions[1], `${host}/new`);
    const other = await dockerRegistry();
    const sent = await pushTo(other.host, [files.second], { bases: bases() });
    expect(sent.result.failures).toEqual([]);
    expect(sent.result.statistics.bytesSent).toBeGreaterThan(result.statistics.bytesSent);
    await validate(files.versions[1], other.host);
  }, 120_000);

  test('of a chain: the first version is in the registry, the delta bundle between is named', async () => {
    const { host } = await dockerRegistry();
    await pushTo(host, [files.versions[0]]);
    const { result } = await pushTo(host, [files.third], { bases: basesIn(host, '', [files.second]) });
    expect(result.failures).toEqual([]);
    await validate(files.versions[2], host);
  }, 120_000);

  test('where something is missing: which blob, of which image, of which base, and nothing is sent', async () => {
    const { host } = await dockerRegistry();
    await pushTo(host, [files.versions[0]]);
    const [gone] = (await neededBy(files.second)).olds;
    const deleted = await fetch(`http://${host}/v2/org/image/blobs/${gone}`, { method: 'DELETE' });
    expect(deleted.status).toBe(202);
    const before = await tagsOf(host);
    const pushed = pushTo(host, [files.second], { bases: basesIn(host, '') });
    const error = await rejection(pushed);
    expect(error).toMatchObject({ code: 'BASE_NEEDED', kind: 'notFound' });
    expect(error.message).toContain(host);
    expect(error.message).toMatch(
      new RegExp(`\\n  ${gone}(?:, \\d+ bytes)?, for quay\\.io/org/image:\\d.*, of edge, id [0-9a-f]{8}`),
    );
    expect(await tagsOf(host)).toEqual(before);
    const nowhere = await rejection(pushTo(host, [files.second], { bases: basesIn(host, 'wrong') }));
    expect(nowhere).toMatchObject({ code: 'BASE_NEEDED' });
    expect(nowhere.message).toContain(`${host}/wrong`);
  }, 120_000);

  test('from a registry that gives other bytes: the image fails, the registry is named, and nothing is tagged', async () => {
    const liar = await dockerRegistry();
    await pushTo(liar.host, [files.versions[0]]);
    const { olds } = await neededBy(files.second);
    for (const digest of olds) {
      const hex = digestHex(digest);
      const path = join(liar.folder, 'storage/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
      const bytes = await readFile(path);
      bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
    const { host } = await dockerRegistry();
    const error = await rejection(pushTo(host, [files.second], { bases: basesIn(liar.host, '') }));
    expect(error).toMatchObject({ code: 'PUSH_FAILED', kind: 'content' });
    expect(error.message).toContain(
      `reading from ${liar.host}/org/image: content does not match its digest: expected ${olds[0]}`,
    );
    expect(await tagsOf(host)).toEqual([]);
  }, 120_000);
});

async function tagsOf(host: string): Promise<readonly string[]> {
  const response = await fetch(`http://${host}/v2/org/image/tags/list`);
  const { tags = [] }: { tags?: string[] } = JSON.parse(await response.text());
  return tags.toSorted();
}
