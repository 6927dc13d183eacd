import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';

import { extract as tarExtract } from 'tar-stream';
import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { extractBundle } from '../../src/workflows/extract-bundle.ts';
import type { ExtractRequest } from '../../src/workflows/extract-bundle.ts';
import { deltaPair, pairImage } from '../support/delta-pair.ts';
import { rejection } from '../support/rejection.ts';
import { chartReference, docker, multi, writtenBundle } from '../support/rich-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { extractRichBundle, image, options, rich, ways } from './extract-rich-bundle.ts';

const { inventory } = rich.bundle.plan;

const arm64 = { os: 'linux', architecture: 'arm64' };

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

/** Every blob of a layout must be what it is called. */
async function blobsOf(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'blobs/sha256'));
  for (const name of names)
    expect(digestOf(await readFile(join(folder, 'blobs/sha256', name)))).toBe(`sha256:${name}`);
  return names.map((name) => `sha256:${name}`).toSorted();
}

async function json(path: string): Promise<{ manifests: { digest: string; annotations?: object }[] }> {
  return JSON.parse(await readFile(path, 'utf8'));
}

async function entriesOf(tar: Uint8Array): Promise<Map<string, Buffer>> {
  const entries = new Map<string, Buffer>();
  const extraction = tarExtract();
  Readable.from([Buffer.from(tar)]).pipe(extraction);
  for await (const entry of extraction) entries.set(entry.header.name, await buffer(entry));
  return entries;
}

describe.each(ways)('from %s', (_way, extract) => {
  test('an image index is a layout with all platforms and its own digest', async () => {
    const output = join(await temporaryFolder(), 'multi');
    const { extracted, ...result } = await extract(image(multi, output));
    expect(result).toMatchObject({ output, bundle: { id: rich.bundle.plan.id, name: 'edge-demo' } });
    expect(extracted).toMatchObject({
      kind: 'image',
      names: [multi],
      digest: rich.digests.get(multi),
      platforms: ['linux/amd64', 'linux/arm64'],
      blobs: 7,
    });
    expect(await blobsOf(output)).toHaveLength(7);
    const { manifests } = await json(join(output, 'index.json'));
    expect(manifests).toMatchObject([
      {
        digest: rich.digests.get(multi),
        annotations: { 'org.opencontainers.image.ref.name': multi, 'io.containerd.image.name': multi },
      },
    ]);
    expect(await json(join(output, 'oci-layout'))).toEqual({ imageLayoutVersion: '1.0.0' });
  });

  test('one platform is an image of its own', async () => {
    const output = join(await temporaryFolder(), 'arm');
    const { extracted } = await extract(image(multi, output, { platform: arm64 }));
    expect(extracted).toMatchObject({ platforms: ['linux/arm64'], blobs: 3 });
    const blobs = await blobsOf(output);
    const { manifests } = await json(join(output, 'index.json'));
    expect(blobs).toContain(manifests[0]?.digest);
    expect(manifests[0]?.digest).not.toBe(rich.digests.get(multi));
  });

  test('archives have the same content as layouts', async () => {
    const folder = await temporaryFolder();
    await extract(image(docker, join(folder, 'layout')));
    await extract(image(docker, join(folder, 'oci.tar'), { format: 'oci-archive' }));
    const entries = await entriesOf(await readFile(join(folder, 'oci.tar')));
    expect([...entries.keys()].toSorted()).toEqual(await filesBelow(join(folder, 'layout')));
    for (const [name, bytes] of entries)
      expect(bytes.equals(await readFile(join(folder, 'layout', name)))).toBe(true);
  });

  test('a docker-archive has a manifest.json that names what is in it', async () => {
    const path = join(await temporaryFolder(), 'docker.tar');
    await extract(image(multi, path, { format: 'docker-archive', platform: arm64 }));
    const entries = await entriesOf(await readFile(path));
    const documents: { Config: string; Layers: string[]; RepoTags: string[] }[] = JSON.parse(
      String(entries.get('manifest.json')),
    );
    expect(documents).toHaveLength(1);
    const document = documents.at(0);
    expect(document?.RepoTags).toEqual([multi]);
    expect(JSON.parse(String(entries.get(document?.Config ?? '')))).toMatchObject({ architecture: 'arm64' });
    for (const layer of document?.Layers ?? []) expect(entries.has(layer)).toBe(true);
  });

  test('an archive goes to a stream, byte for byte as into a file', async () => {
    const path = join(await temporaryFolder(), 'oci.tar');
    await extract(image(multi, path, { format: 'oci-archive' }));
    const pieces: Buffer[] = [];
    const sink = {
      write: async (bytes: Uint8Array) => await Promise.resolve(void pieces.push(Buffer.from(bytes))),
    };
    const result = await extract(image(multi, '', { format: 'oci-archive', output: { sink } }));
    expect(result.output).toBeUndefined();
    expect(Buffer.concat(pieces).equals(await readFile(path))).toBe(true);
  });

  test('a file is what was added', async () => {
    const path = join(await temporaryFolder(), 'new/model.bin');
    const { extracted } = await extract({ kind: 'file', name: 'models/model.bin', output: { path } });
    expect(extracted).toEqual({
      kind: 'file',
      name: 'models/model.bin',
      digest: digestOf(rich.model),
      bytes: rich.model.length,
    });
    expect((await readFile(path)).equals(rich.model)).toBe(true);
  });

  test.each([
    ['palette-edge/cluster-definition/spc.tgz', 'a cluster definition'],
    ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
    [
      'palette-edge/inventory.json',
      String(rich.bundle.plan.headEntries.find(({ path }) => path.endsWith('inventory.json'))?.bytes),
    ],
  ])('the file %s that the bundle itself has', async (name, content) => {
    const path = join(await temporaryFolder(), 'file');
    await extract({ kind: 'file', name, output: { path } });
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  test.each(['web', 'web:1.2.3', chartReference])(
    'the chart %s is the .tgz that was packed',
    async (chart) => {
      const path = join(await temporaryFolder(), 'web.tgz');
      const { extracted } = await extract({ kind: 'chart', chart, output: { path } });
      expect(extracted).toMatchObject({ name: 'web', version: '1.2.3', provenance: undefined });
      expect((await readFile(path)).equals(rich.archive)).toBe(true);
    },
  );

  test('everything is a layout of all images, files/ and charts/', async () => {
    const folder = join(await temporaryFolder(), 'all');
    const { extracted } = await extract({ kind: 'all', folder });
    expect(extracted).toMatchObject({ kind: 'all', images: 4, charts: 1, files: 2 });
    const head = ['oci-layout', 'index.json', 'manifest.json', 'palette-edge/inventory.json'];
    const extras = ['palette-edge/cluster-definition/spc.tgz', 'palette-edge/profiles/edge-demo.json'];
    const added = ['files/models/model.bin', 'files/copy.bin', 'charts/web-1.2.3.tgz'];
    const blobs = inventory.blobs
      .filter(({ role }) => role !== 'file')
      .map(({ digest }) => `blobs/sha256/${digest.slice(7)}`);
    expect(await filesBelow(folder)).toEqual([...head, ...extras, ...added, ...blobs].toSorted());
    await blobsOf(folder);
    for (const name of added.slice(0, 2))
      expect((await readFile(join(folder, name))).equals(rich.model)).toBe(true);
    expect((await readFile(join(folder, 'charts/web-1.2.3.tgz'))).equals(rich.archive)).toBe(true);
    for (const { path, bytes } of rich.bundle.plan.headEntries)
      expect((await readFile(join(folder, path))).equals(bytes)).toBe(true);
  });

  test.each<{
    what: string;
    ask: (path: string) => ExtractRequest;
    code: string;
    kind: string;
    text: string;
  }>([
    {
      what: 'an image',
      ask: (path) => image('nginx:2', path),
      code: 'NO_SUCH_IMAGE',
      kind: 'notFound',
      text: '--image nginx:2 names no image',
    },
    {
      what: 'a file',
      ask: (path) => ({ kind: 'file', name: 'x', output: { path } }),
      code: 'NO_SUCH_FILE',
      kind: 'notFound',
      text: '--file x names no file',
    },
    {
      what: 'a chart',
      ask: (path) => ({ kind: 'chart', chart: 'x', output: { path } }),
      code: 'NO_SUCH_CHART',
      kind: 'notFound',
      text: '--chart x names no chart',
    },
    {
      what: 'a platform',
      ask: (path) => image(docker, path, { platform: arm64 }),
      code: 'PLATFORM_MISSING',
      kind: 'notFound',
      text: 'has no linux/arm64 in the bundle, which has: linux/amd64',
    },
    {
      what: 'an image that has to be told from others',
      ask: (path) => image('**', path),
      code: 'IMAGE_AMBIGUOUS',
      kind: 'usage',
      text: '--image ** fits 5 images',
    },
    {
      what: 'one of several platforms',
      ask: (path) => image(multi, path, { format: 'docker-archive' }),
      code: 'PLATFORM_NEEDED',
      kind: 'usage',
      text: 'linux/amd64, linux/arm64',
    },
    {
      what: 'a chart that is to run',
      ask: (path) => image(chartReference, path, { format: 'docker-archive' }),
      code: 'NOT_AN_IMAGE',
      kind: 'usage',
      text: chartReference,
    },
  ])('$what: what is not there is told, and nothing is written', async ({ ask, code, kind, text }) => {
    const folder = await temporaryFolder();
    const error = await rejection(extract(ask(join(folder, 'x'))));
    expect(error).toMatchObject({ code, kind });
    expect(error.message).toContain(text);
    expect(error.suggestions.length).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });
});

test.each<[string, ExtractRequest]>([
  ['an archive', image(docker, 'x', { format: 'oci-archive' })],
  ['a layout', image(docker, 'x')],
  ['a file', { kind: 'file', name: 'copy.bin', output: { path: 'x' } }],
  ['a chart', { kind: 'chart', chart: 'web', output: { path: 'x' } }],
  ['everything', { kind: 'all', folder: 'x' }],
])('%s replaces nothing', async (_what, request) => {
  const folder = await temporaryFolder();
  const at = (name: string): ExtractRequest => {
    const path = join(folder, name);
    return request.kind === 'all' ? { ...request, folder: path } : { ...request, output: { path } };
  };
  await writeFile(join(folder, 'file'), 'mine');
  await mkdir(join(folder, 'folder'));
  await writeFile(join(folder, 'folder/mine'), '');
  await symlink('nowhere', join(folder, 'link'));
  for (const name of ['file', 'folder', 'link']) {
    const error = await rejection(extractRichBundle(at(name)));
    expect(error).toMatchObject({ code: 'OUTPUT_TAKEN', kind: 'usage' });
    expect(error.message).toContain(join(folder, name));
  }
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe('mine');
  expect((await readdir(folder)).toSorted()).toEqual(['file', 'folder', 'link']);
  expect(await readdir(join(folder, 'folder'))).toEqual(['mine']);
});

test('an empty folder is taken', async () => {
  const folder = await temporaryFolder();
  await extractRichBundle({ kind: 'all', folder });
  expect(await readdir(folder)).toContain('oci-layout');
  expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
});

test('of an image in a delta bundle all that is missing is told before anything is written', async () => {
  const folder = await temporaryFolder();
  const { delta } = await deltaPair(folder);
  const places = [{ name: 'site/edge', find: async () => await Promise.resolve(undefined) }];
  const path = join(folder, 'image.tar');
  const request: ExtractRequest = {
    kind: 'image',
    image: pairImage,
    format: 'oci-archive',
    platform: undefined,
    output: { path },
  };
  const error = await rejection(
    extractBundle({ path: delta, bases: { paths: [], folder, places } }, request, options),
  );
  expect(error.message).toMatch(/takes \d+ blobs from bases, and that is not there \(site\/edge\):/);
  expect(await readdir(folder)).not.toContain('image.tar');
});

test('progress of a file of the bundle itself gets to its end', async () => {
  const path = await writtenBundle(rich.bundle);
  const output = { path: join(await temporaryFolder(), 'file') };
  const told = { total: 0, bytes: 0 };
  const onStart = (total: number) => (told.total = total);
  const onBytes = (count: number) => (told.bytes += count);
  const request: ExtractRequest = { kind: 'file', name: 'oci-layout', output };
  await extractBundle({ path }, request, { ...options, listener: { onStart, onBytes } });
  expect(told).toEqual({ total: 30, bytes: 30 });
});
