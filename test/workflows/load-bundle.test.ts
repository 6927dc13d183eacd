import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';

import { extract as tarExtract } from 'tar-stream';
import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import type { ErrorKind } from '../../src/errors.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { ContainerRuntime, WantedImage } from '../../src/runtime/container-runtime.ts';
import { loadBundle } from '../../src/workflows/load-bundle.ts';
import type { LoadRequest } from '../../src/workflows/load-input.ts';
import { rejection } from '../support/rejection.ts';
import { chartReference, docker, multi, piped, richBundle, writtenBundle } from '../support/rich-bundle.ts';
import { imageToBundle } from '../support/sample-bundle.ts';
import { addImage, addIndex, graphOf } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const single = 'quay.io/org/single:2';
const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
const rich = await richBundle();
const pinned = `quay.io/org/pinned@${rich.digests.get(multi)}`;

type Entries = ReadonlyMap<string, Buffer>;

/** What loading the image of a name fails with. */
type Refusals = ReadonlyMap<string, PaletteEdgeError>;

/** A runtime that has what it was given, and forgets some of it. */
class MemoryRuntime implements ContainerRuntime {
  readonly name = 'podman';
  readonly place = 'memory';
  readonly archives: Entries[] = [];
  readonly tags: string[] = [];
  readonly takesOneName: boolean;
  readonly needsDockerArchive: boolean;
  readonly forgets: string;
  readonly #refuses: Refusals;

  constructor({
    takesOneName = false,
    needsDockerArchive = false,
    forgets = '',
    refuses = new Map(),
  }: Partial<Pick<MemoryRuntime, 'takesOneName' | 'needsDockerArchive' | 'forgets'>> & {
    readonly refuses?: Refusals;
  } = {}) {
    this.#refuses = refuses;
    this.takesOneName = takesOneName;
    this.needsDockerArchive = needsDockerArchive;
    this.forgets = forgets;
  }

  async load(archive: AsyncIterable<Uint8Array>): Promise<void> {
    const entries = await entriesOf(archive);
    for (const name of namesIn(entries).keys()) {
      const refusal = this.#refuses.get(name);
      if (refusal !== undefined) throw refusal;
    }
    this.archives.push(entries);
  }

  async find(images: readonly WantedImage[]): Promise<ReadonlySet<string>> {
    const held = new Map(this.archives.flatMap((entries) => [...namesIn(entries)]));
    const isWhole = ({ blobs }: WantedImage): boolean =>
      blobs.every((digest) =>
        this.archives.some((entries) => entries.has(digest.replace('sha256:', 'blobs/sha256/'))),
      );
    const names = images.flatMap((image) =>
      image.names.filter((name) => {
        const isTagged = this.tags.includes(name);
        return name !== this.forgets && (held.get(name) === image.root || isTagged) && isWhole(image);
      }),
    );
    return await Promise.resolve(new Set(names));
  }

  async tag(_name: string, other: string): Promise<void> {
    await Promise.resolve(this.tags.push(other));
  }
}

async function entriesOf(archive: AsyncIterable<Uint8Array>): Promise<Entries> {
  const entries = new Map<string, Buffer>();
  const copies = Readable.from(
    (async function* () {
      for await (const bytes of archive) yield Buffer.from(bytes);
    })(),
  );
  for await (const entry of copies.pipe(tarExtract())) entries.set(entry.header.name, await buffer(entry));
  return entries;
}

function onlyArchive({ archives }: MemoryRuntime): Entries {
  expect(archives).toHaveLength(1);
  return archives.at(0) ?? new Map();
}

/** Names and digests of an archive's `index.json`. */
function namesIn(entries: Entries): Map<string, string> {
  const index: { manifests: { digest: string; annotations: Record<string, string> }[] } = JSON.parse(
    String(entries.get('index.json')),
  );
  return new Map(
    index.manifests.map(({ digest, annotations }) => [annotations['io.containerd.image.name'] ?? '', digest]),
  );
}

function requestFor(runtime: ContainerRuntime, more: Partial<LoadRequest> = {}): LoadRequest {
  return {
    patterns: [],
    platform: undefined,
    hostPlatform: amd64,
    target: { kind: 'runtime', runtime },
    isUncompressed: false,
    isDryRun: false,
    ...more,
  };
}

const resources = () => ({
  listener: { onStart: () => undefined, onBytes: () => undefined },
  now: () => 0,
  signal: new AbortController().signal,
});

async function load(request: LoadRequest, bundle = rich.bundle) {
  return await loadBundle({ path: await writtenBundle(bundle) }, request, resources());
}

test('all images go into one archive, with the digests of the registry and what the host needs', async () => {
  const runtime = new MemoryRuntime();
  const result = await load(requestFor(runtime));
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
  await load(requestFor(runtime, { patterns: [multi] }));
  const result = await load(requestFor(runtime));
  expect([...namesIn(runtime.archives.at(1) ?? new Map()).keys()]).toEqual([docker, pinned, single]);
  const isPresent = result.images.filter((image) => image.isPresent).map(({ reference }) => reference);
  expect(isPresent).toEqual([multi]);
  expect(await load(requestFor(runtime))).toMatchObject({ bytes: 0 });
  expect(runtime.archives).toHaveLength(2);
});

test('what is not there afterwards is told, and the rest is loaded', async () => {
  const runtime = new MemoryRuntime({ forgets: single });
  const { failures, images } = await load(requestFor(runtime));
  expect(failures).toMatchObject([{ reference: single, code: 'NOT_LOADED' }]);
  expect(failures[0]?.message).toContain(`${single} is not there with ${rich.digests.get(single)}`);
  expect(images).toHaveLength(3);
});

test('nothing that is there afterwards is an error', async () => {
  const runtime = new MemoryRuntime({ forgets: single });
  const error = await rejection(load(requestFor(runtime, { patterns: [single] })));
  expect(error).toMatchObject({ code: 'LOAD_FAILED', kind: 'failure' });
});

describe('a dry run', () => {
  test('tells what is there and what would be sent, and sends nothing', async () => {
    const runtime = new MemoryRuntime();
    await load({ ...requestFor(runtime), patterns: [single] });
    const foreseen = await load(requestFor(runtime, { isDryRun: true }));
    expect(runtime.archives).toHaveLength(1);
    expect(foreseen.images.filter(({ isPresent }) => isPresent)).toMatchObject([{ reference: single }]);
    const loaded = await load(requestFor(runtime));
    expect({ ...foreseen, bundle: loaded.bundle }).toEqual({ ...loaded, isDryRun: true });
  });

  test('names the file in a folder, and whether it is there', async () => {
    const path = join(await temporaryFolder(), 'images');
    const request = { ...requestFor(new MemoryRuntime()), target: { kind: 'folder', path } } as const;
    const foreseen = await load({ ...request, isDryRun: true });
    expect(foreseen.images.some(({ isPresent }) => isPresent)).toBe(false);
    await expect(readdir(path)).rejects.toThrow('ENOENT');
    const loaded = await load(request);
    expect({ ...foreseen, bundle: loaded.bundle }).toEqual({ ...loaded, isDryRun: true });
    const again = await load({ ...request, isDryRun: true });
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

describe('a runtime that takes one name at a time', () => {
  test('gets an archive for each image, and its other names afterwards', async () => {
    const more = await richBundle((content) => ({
      ...content,
      images: content.images.flatMap((image) =>
        image.reference.repository === 'org/multi'
          ? [image, { ...image, reference: { ...image.reference, tag: 'latest' } }]
          : [image],
      ),
    }));
    const runtime = new MemoryRuntime({ takesOneName: true });
    const result = await load(requestFor(runtime), more.bundle);
    expect(runtime.archives.flatMap((entries) => [...namesIn(entries).keys()]).toSorted()).toEqual(
      [docker, multi, pinned, single].toSorted(),
    );
    expect(runtime.tags).toEqual(['ghcr.io/org/multi:latest']);
    expect(result).toMatchObject({ failures: [] });
    expect(result.images).toHaveLength(5);
  });

  const refusal = (code: string, kind: ErrorKind): PaletteEdgeError =>
    new PaletteEdgeError(code, `podman failed: ${code}`, { kind });

  test('does not get in the way of others with an image that it refuses', async () => {
    const refuses = new Map([[multi, refusal('RUNTIME_FAILED', 'failure')]]);
    const runtime = new MemoryRuntime({ takesOneName: true, refuses });
    const { images, failures } = await load(requestFor(runtime));
    expect(images.map(({ reference }) => reference)).toEqual([docker, pinned, single]);
    expect(failures).toMatchObject([
      { reference: multi, code: 'RUNTIME_FAILED', message: 'podman failed: RUNTIME_FAILED' },
    ]);
  });

  test('fails with what it said when it refuses all', async () => {
    const refuses = new Map(
      [docker, multi, pinned, single].map((name) => [name, refusal('RUNTIME_FAILED', 'failure')]),
    );
    const error = await rejection(load(requestFor(new MemoryRuntime({ takesOneName: true, refuses }))));
    expect(error).toMatchObject({ code: 'LOAD_FAILED', kind: 'failure' });
    expect(error.message).toContain('podman failed: RUNTIME_FAILED');
  });

  test.each([
    ['RUNTIME_MISSING', 'notFound'],
    ['RUNTIME_DENIED', 'authentication'],
    ['RUNTIME_UNREACHABLE', 'network'],
    ['DISK_FULL', 'disk'],
  ] as const)('is not asked again after %s', async (code, kind) => {
    const refuses = new Map([docker, multi, pinned, single].map((name) => [name, refusal(code, kind)]));
    const runtime = new MemoryRuntime({ takesOneName: true, refuses });
    expect(await rejection(load(requestFor(runtime)))).toMatchObject({ code, kind });
  });

  test('gets one image from a stream, and not several', async () => {
    const stream = () => ({ path: '-', stream: piped(rich.bundle.bytes) });
    const runtime = new MemoryRuntime({ takesOneName: true });
    const one = await loadBundle(stream(), requestFor(runtime, { patterns: [single] }), resources());
    expect(one.images).toMatchObject([{ reference: single, isPresent: false }]);
    const error = await rejection(loadBundle(stream(), requestFor(runtime), resources()));
    expect(error).toMatchObject({ code: 'FILE_NEEDED', kind: 'usage' });
    expect(runtime.archives).toHaveLength(1);
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
  const { images } = await load(requestFor(runtime, { isDryRun: true }));
  await load(requestFor(runtime, { patterns: [single] }));
  const loaded = await load(requestFor(runtime, { isUncompressed: true }));
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
    const { images, failures } = await load(requestFor(runtime, { platform: arm64 }));
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
    const error = await rejection(load(request));
    expect(error.message).toContain(
      'has no linux/arm64 (this machine) in the bundle, which has: linux/amd64',
    );
    expect(error.suggestions).toContain('To load another platform all the same: --platform linux/amd64');
  });

  test('docker gets the manifest of this machine, with a manifest.json', async () => {
    const runtime = new MemoryRuntime({ needsDockerArchive: true });
    await load(requestFor(runtime, { patterns: [multi] }));
    const entries = onlyArchive(runtime);
    const manifest: object[] = JSON.parse(String(entries.get('manifest.json')));
    expect(manifest).toMatchObject([{ RepoTags: [multi] }]);
    expect(namesIn(entries).get(multi)).not.toBe(rich.digests.get(multi));
  });
});

describe('a folder', () => {
  const into = async (more: Partial<LoadRequest> = {}) => {
    const path = join(await temporaryFolder(), 'images');
    return {
      path,
      request: { ...requestFor(new MemoryRuntime(), more), target: { kind: 'folder', path } as const },
    };
  };

  test('gets an archive with all platforms, whose name says what is in it', async () => {
    const { path, request } = await into();
    const result = await load(request);
    await load({ ...request, patterns: [single] });
    await load(request);
    const names = await readdir(path);
    expect(names).toHaveLength(2);
    for (const name of names) expect(name).toMatch(/^edge-demo-[0-9a-f]{8}\.tar$/);
    const entries = await entriesOf(Readable.from([await readFile(result.file ?? '')]));
    expect(namesIn(entries).get(multi)).toBe(rich.digests.get(multi));
    const found = result.images.find(({ reference }) => reference === multi);
    expect(found?.platforms).toEqual(['linux/amd64', 'linux/arm64']);
    expect(result.warnings).toEqual([]);
  });

  test('is rid of what a killed load of the bundle left, and of nothing else', async () => {
    const { path, request } = await into();
    await mkdir(path);
    const partial = (archive: string): string => `${archive}.0123456789ab.partial`;
    const [old, young] = [partial('edge-demo-00000000.tar'), partial('edge-demo-11111111.tar')];
    const others = [
      partial('edge-demo-2-00000000.tar'),
      partial('edge-demo-0000000.tar'),
      'edge-demo-33333333.tar',
    ];
    for (const name of [old, young, ...others]) await writeFile(join(path, name), 'half');
    for (const name of [old, ...others]) await utimes(join(path, name), 0, 0);
    const { file = '' } = await load({ ...request, patterns: [single] });
    const names = await readdir(path);
    expect(names.toSorted()).toEqual([young, ...others, file.slice(path.length + 1)].toSorted());
  });

  test('of a damaged bundle gets nothing', async () => {
    const { bundle } = await richBundle((content) => ({ ...content, rawFiles: [] }));
    const bytes = Buffer.from(bundle.bytes);
    const place = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    const { path, request } = await into();
    expect(await rejection(load(request, { ...bundle, bytes }))).toMatchObject({ kind: 'content' });
    expect(await readdir(path)).toEqual([]);
  });

  test('is told of sparse indexes, unless a platform was named', async () => {
    const sparse = await sparseBundle();
    const { request } = await into();
    expect((await load(request, sparse)).warnings).toMatchObject([{ code: 'SPARSE_INDEX' }]);
    expect((await load({ ...request, platform: amd64 }, sparse)).warnings).toEqual([]);
  });
});

test('what no container can run is not loaded', async () => {
  const error = await rejection(load(requestFor(new MemoryRuntime(), { patterns: [chartReference] })));
  expect(error).toMatchObject({ code: 'NOTHING_TO_LOAD', kind: 'notFound' });
});

test('a pattern that names nothing is told', async () => {
  const runtime = new MemoryRuntime();
  const { warnings } = await load(requestFor(runtime, { patterns: [single, 'ghcr.io/none/**'] }));
  expect(warnings).toMatchObject([{ code: 'PATTERN_UNUSED' }]);
});

async function sparseBundle() {
  const { bundle } = await richBundle(async (content, blobs) => {
    const index = addIndex(blobs, [addImage(blobs, 'a'), addImage(blobs, 'b', { platform: arm64 })]);
    const graph = await graphOf(blobs, index, [amd64]);
    return { ...content, images: [imageToBundle('ghcr.io/org/sparse:1', graph)], charts: [] };
  });
  return bundle;
}
