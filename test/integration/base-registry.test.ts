import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { defaultFrameContent } from '../../src/bundle/plan-bundle.ts';
import type { BundleReader } from '../../src/bundle/bundle-reader.ts';
import { digestHex } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { BaseRequest } from '../../src/workflows/open-with-bases.ts';
import { registryBase } from '../../src/workflows/registry-base.ts';
import { withBundle } from '../../src/workflows/with-bundle.ts';
import { bundleIn, deltaFiles, makeDelta, wordsLayer } from '../support/delta-bundles.ts';
import type { DeltaFiles } from '../support/delta-bundles.ts';
import { goProgram } from '../support/go-program.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { pushTo } from '../support/push-bundle.ts';
import { rejection } from '../support/rejection.ts';
import { runningDockerRegistry } from '../support/running-docker-registry.ts';
import { imageToBundle, sampleContent, writeSample } from '../support/sample-bundle.ts';
import type { SampleBundle } from '../support/sample-bundle.ts';
import { graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { servingBundles } from '../support/serving-bundles.ts';
import { addLayeredImage } from '../support/squeezable-bundle.ts';
import type { SampleLayer } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
let files: DeltaFiles;
beforeAll(async () => {
  files = await deltaFiles(await mkdtemp(join(tmpdir(), 'palette-edge-test-')));
});
afterAll(async () => await rm(files.folder, { recursive: true }));

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
    const { stdout } = await run(goProgram('crane'), ['digest', '--insecure', name]);
    expect([name, stdout.trim()]).toEqual([name, digest]);
    await run(goProgram('crane'), ['validate', '--insecure', '--remote', name]);
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
    const registry = await runningDockerRegistry();
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
    expect(olds.filter((digest) => !isRead(digest))).toEqual([]);
    expect(others.filter(isRead)).toEqual([]);
    const again = await pushTo(host, [files.second], { prefix: 'edge', bases: basesIn(host, 'edge') });
    expect(again.result.statistics).toMatchObject({ bytesSent: 0, bytesToSend: 0 });
  }, 120_000);

  test('to another prefix of it, mounted; to another registry, read and sent; a dry run says so', async () => {
    const { host } = await runningDockerRegistry();
    await pushTo(host, [files.versions[0]], { prefix: 'edge', keepsRegistry: true });
    const bases = (): BaseRequest => basesIn(host, 'edge');
    const dry = await pushTo(host, [files.second], { prefix: 'new', bases: bases(), isDryRun: true });
    const { result } = await pushTo(host, [files.second], { prefix: 'new', bases: bases() });
    expect(result.failures).toEqual([]);
    expect(result.statistics.blobsMounted).toBeGreaterThan(0);
    expect(result.statistics.bytesSent).toBe(dry.result.statistics.bytesToSend);
    await validate(files.versions[1], `${host}/new`);
    const other = await runningDockerRegistry();
    const sent = await pushTo(other.host, [files.second], { bases: bases() });
    expect(sent.result.failures).toEqual([]);
    expect(sent.result.statistics.bytesSent).toBeGreaterThan(result.statistics.bytesSent);
    await validate(files.versions[1], other.host);
  }, 120_000);

  test('of a chain: the first version is in the registry, the delta bundle between is named', async () => {
    const { host } = await runningDockerRegistry();
    await pushTo(host, [files.versions[0]]);
    const { result } = await pushTo(host, [files.third], { bases: basesIn(host, '', [files.second]) });
    expect(result.failures).toEqual([]);
    await validate(files.versions[2], host);
  }, 120_000);

  test('where something is missing: which blob, of which image, of which base, and nothing is sent', async () => {
    const { host } = await runningDockerRegistry();
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
    const liar = await runningDockerRegistry();
    await pushTo(liar.host, [files.versions[0]]);
    const { olds } = await neededBy(files.second);
    for (const digest of olds) {
      const hex = digestHex(digest);
      const path = join(liar.folder, 'storage/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
      const bytes = await readFile(path);
      bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
    const { host } = await runningDockerRegistry();
    const error = await rejection(pushTo(host, [files.second], { bases: basesIn(liar.host, '') }));
    expect(error).toMatchObject({ code: 'PUSH_FAILED', kind: 'content' });
    const side = `reading from ${liar.host}/org/image: content does not match its digest: expected `;
    expect(olds.some((old) => error.message.includes(`${side}${old}`))).toBe(true);
    expect(await tagsOf(host)).toEqual([]);
  }, 120_000);
});

describe('serve', () => {
  test('gives all images of the delta bundle, from the registry what it lacks, also to many clients', async () => {
    const { host } = await runningDockerRegistry();
    await pushTo(host, [files.versions[0]], { prefix: 'edge' });
    const served = await servingBundles([files.second], { bases: basesIn(host, 'edge') });
    await Promise.all(
      Array.from({ length: 3 }, async () => await validate(files.versions[1], `${served.host}/quay.io`)),
    );
    expect(served.failures).toEqual([]);
    const refused = await rejection(servingBundles([files.second], { bases: basesIn(host, 'none') }));
    expect(refused).toMatchObject({ code: 'BASE_NEEDED' });
  }, 120_000);
});

describe('with the inventory of the base', () => {
  test('it is known in which repository a blob is, whatever the image is called now', async () => {
    const folder = await temporaryFolder();
    const { host } = await runningDockerRegistry();
    const layers = [wordsLayer(3), wordsLayer(4)];
    const old = await bundleIn(folder, 'old.tar.zst', await named('quay.io/old/name:1', layers));
    const changed = [wordsLayer(3), wordsLayer(4, 'new')];
    const next = await bundleIn(folder, 'new.tar.zst', await named('ghcr.io/new/name:1', changed));
    const delta = join(folder, 'new.delta.tar.zst');
    await makeDelta(next, { bases: [old], output: delta });
    await pushTo(host, [old]);
    const error = await rejection(pushTo(host, [delta], { bases: basesIn(host, '') }));
    expect(error).toMatchObject({ code: 'BASE_NEEDED' });
    const inventory = join(folder, 'inventory.json');
    await writeFile(inventory, await reading(old, ({ inventoryBytes }) => inventoryBytes));
    const bases = basesIn(host, '', [inventory]);
    const { result } = await pushTo(host, [delta], { bases });
    expect(result.failures).toEqual([]);
    expect(result.statistics.blobsMounted).toBeGreaterThan(0);
    const [{ digest } = { digest: '' }] = await reading(next, (reader) => reader.inventory.images);
    const { stdout } = await run(goProgram('crane'), ['digest', '--insecure', `${host}/new/name:1`]);
    expect(stdout.trim()).toBe(digest);
    await run(goProgram('crane'), ['validate', '--insecure', '--remote', `${host}/new/name:1`]);
    // Told exactly, too.
    const [gone] = (await neededBy(delta)).olds;
    await fetch(`http://${host}/v2/old/name/blobs/${gone}`, { method: 'DELETE' });
    const missing = await rejection(
      pushTo(host, [delta], { prefix: 'fresh', bases: basesIn(host, '', [inventory]) }),
    );
    expect(missing.message).toMatch(
      new RegExp(
        `takes 1 blob .*\\n  ${gone}, \\d+ bytes, for quay\\.io/old/name:1 and 1 more, of edge-demo, id`,
      ),
    );
  }, 120_000);
});

/** A bundle of one image of this name. */
async function named(reference: string, layers: readonly SampleLayer[]): Promise<SampleBundle> {
  const blobs = new MemoryBlobs();
  const image = imageToBundle(reference, await graphOf(blobs, addLayeredImage(blobs, layers)));
  return await writeSample({ ...(await sampleContent(new MemoryBlobs())), images: [image] }, blobs, {
    frameContent: defaultFrameContent,
  });
}

async function tagsOf(host: string): Promise<readonly string[]> {
  const response = await fetch(`http://${host}/v2/org/image/tags/list`);
  const { tags = [] }: { tags?: string[] } = JSON.parse(await response.text());
  return tags.toSorted();
}
