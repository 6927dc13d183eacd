import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { loadBundle } from '../../src/workflows/load-bundle.ts';
import { MemoryRuntime, namesIn, onlyArchive } from '../support/memory-runtime.ts';
import { rejection } from '../support/rejection.ts';
import { chartReference, docker, multi, piped } from '../support/rich-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { arm64, loadRichBundle, pinned, requestFor, resources, rich, single } from './load-rich-bundle.ts';

test('all images go into one archive, with the digests of the registry and what the host needs', async () => {
  const runtime = new MemoryRuntime();
  const result = await loadRichBundle(requestFor(runtime));
  const entries = onlyArchive(runtime);
  expect(namesIn(entries)).toEqual(
    new Map([docker, multi, pinned, single].map((name) => [name, rich.digests.get(name)])),
  );
  const sent = [...entries].filter(([path]) => path.startsWith('blobs/'));
  expect(sent.map(([, content]) => digestOf(content).replace(':', '/'))).toEqual(
    sent.map(([path]) => path.replace('blobs/', '')),
  );
  expect(entries.keys().next().value).toBe('oci-layout');
  expect(result).toMatchObject({ into: 'memory', failures: [], skipped: [chartReference], warnings: [] });
  expect(result.images.find(({ reference }) => reference === multi)).toEqual({
    reference: multi,
    names: [multi],
    digest: rich.digests.get(multi),
    platforms: ['linux/amd64'],
    isPresent: false,
    isUncompressed: false,
  });
  expect(result.bytes).toBe(sent.reduce((sum, [, content]) => sum + content.length, 0));
});

test('what is there is not sent again', async () => {
  const runtime = new MemoryRuntime();
  await loadRichBundle(requestFor(runtime, { patterns: [multi] }));
  const result = await loadRichBundle(requestFor(runtime));
  expect([...namesIn(runtime.archives.at(1) ?? new Map()).keys()]).toEqual([docker, pinned, single]);
  const isPresent = result.images.filter((image) => image.isPresent).map(({ reference }) => reference);
  expect(isPresent).toEqual([multi]);
  expect(await loadRichBundle(requestFor(runtime))).toMatchObject({ bytes: 0 });
  expect(runtime.archives).toHaveLength(2);
});

test('what is not there afterwards is told, and the rest is loaded', async () => {
  const runtime = new MemoryRuntime({ forgets: single });
  const { failures, images } = await loadRichBundle(requestFor(runtime));
  expect(failures).toMatchObject([{ reference: single, code: 'NOT_LOADED' }]);
  expect(failures[0]?.message).toContain(`${single} is not there with ${rich.digests.get(single)}`);
  expect(images).toHaveLength(3);
});

test('nothing that is there afterwards is an error', async () => {
  const runtime = new MemoryRuntime({ forgets: single });
  const error = await rejection(loadRichBundle(requestFor(runtime, { patterns: [single] })));
  expect(error).toMatchObject({ code: 'LOAD_FAILED', kind: 'failure' });
});

describe('a dry run', () => {
  test('tells what is there and what would be sent, and sends nothing', async () => {
    const runtime = new MemoryRuntime();
    await loadRichBundle({ ...requestFor(runtime), patterns: [single] });
    const foreseen = await loadRichBundle(requestFor(runtime, { isDryRun: true }));
    expect(runtime.archives).toHaveLength(1);
    expect(foreseen.images.filter(({ isPresent }) => isPresent)).toMatchObject([{ reference: single }]);
    const loaded = await loadRichBundle(requestFor(runtime));
    expect({ ...foreseen, bundle: loaded.bundle }).toEqual({ ...loaded, isDryRun: true });
  });

  test('names the file in a folder, and whether it is there', async () => {
    const path = join(await temporaryFolder(), 'images');
    const request = { ...requestFor(new MemoryRuntime()), target: { kind: 'folder', path } } as const;
    const foreseen = await loadRichBundle({ ...request, isDryRun: true });
    expect(foreseen.images.some(({ isPresent }) => isPresent)).toBe(false);
    await expect(readdir(path)).rejects.toThrow('ENOENT');
    const loaded = await loadRichBundle(request);
    expect({ ...foreseen, bundle: loaded.bundle }).toEqual({ ...loaded, isDryRun: true });
    const again = await loadRichBundle({ ...request, isDryRun: true });
    expect(again.images.every(({ isPresent }) => isPresent)).toBe(true);
  });

  test('refuses what loading would refuse', async () => {
    const runtime = new MemoryRuntime({ takesOneName: true });
    const work = loadBundle(
      { path: '-', stream: piped(rich.bundle.bytes) },
      requestFor(runtime, { isDryRun: true }),
      resources(),
    );
    expect(await rejection(work)).toMatchObject({ code: 'FILE_NEEDED' });
  });
});

test('a stream is not read for layers that are not compressed', async () => {
  const input = { path: '-', stream: piped(rich.bundle.bytes) };
  const request = requestFor(new MemoryRuntime(), { isUncompressed: true });
  expect(await rejection(loadBundle(input, request, resources()))).toMatchObject({
    code: 'FILE_NEEDED',
    kind: 'usage',
  });
});

test('images are told in the order of the bundle, whatever is there and however they are loaded', async () => {
  const runtime = new MemoryRuntime();
  const { images } = await loadRichBundle(requestFor(runtime, { isDryRun: true }));
  await loadRichBundle(requestFor(runtime, { patterns: [single] }));
  const loaded = await loadRichBundle(requestFor(runtime, { isUncompressed: true }));
  const referencesOf = (each: typeof images) => each.map(({ reference }) => reference);
  expect(referencesOf(loaded.images)).toEqual(referencesOf(images));
  expect(loaded.images.map(({ isPresent }) => isPresent)).toContain(true);
});

test('all images come from a stream, too', async () => {
  const runtime = new MemoryRuntime();
  const input = { path: '-', stream: piped(rich.bundle.bytes) };
  expect((await loadBundle(input, requestFor(runtime), resources())).images).toHaveLength(4);
});

describe('platforms', () => {
  test('a platform that was named stands for the name, and a digest for nothing else', async () => {
    const runtime = new MemoryRuntime();
    const { images, failures } = await loadRichBundle(requestFor(runtime, { platform: arm64 }));
    const image = images.at(0);
    expect(image).toMatchObject({ reference: multi, names: [multi], platforms: ['linux/arm64'] });
    expect(image?.digest).not.toBe(rich.digests.get(multi));
    expect(images[1]).toMatchObject({ reference: pinned, names: [`quay.io/org/pinned@${image?.digest}`] });
    expect(failures.map(({ reference, code }) => [reference, code])).toEqual([
      [docker, 'PLATFORM_MISSING'],
      [single, 'PLATFORM_MISSING'],
    ]);
  });

  test('an image without that of this machine fails, and says so', async () => {
    const request = requestFor(new MemoryRuntime(), { hostPlatform: arm64, patterns: [single] });
    const error = await rejection(loadRichBundle(request));
    expect(error.message).toContain(
      'has no linux/arm64 (this machine) in the bundle, which has: linux/amd64',
    );
    expect(error.suggestions).toContain('To load another platform all the same: --platform linux/amd64');
  });

  test('docker gets the manifest of this machine, with a manifest.json', async () => {
    const runtime = new MemoryRuntime({ needsDockerArchive: true });
    await loadRichBundle(requestFor(runtime, { patterns: [multi] }));
    const entries = onlyArchive(runtime);
    const manifest: object[] = JSON.parse(String(entries.get('manifest.json')));
    expect(manifest).toMatchObject([{ RepoTags: [multi] }]);
    expect(namesIn(entries).get(multi)).not.toBe(rich.digests.get(multi));
  });
});

test('what no container can run is not loaded', async () => {
  const error = await rejection(
    loadRichBundle(requestFor(new MemoryRuntime(), { patterns: [chartReference] })),
  );
  expect(error).toMatchObject({ code: 'NOTHING_TO_LOAD', kind: 'notFound' });
});

test('a pattern that names nothing is told', async () => {
  const runtime = new MemoryRuntime();
  const { warnings } = await loadRichBundle(requestFor(runtime, { patterns: [single, 'ghcr.io/none/**'] }));
  expect(warnings).toMatchObject([{ code: 'PATTERN_UNUSED' }]);
});
