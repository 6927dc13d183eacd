import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { describe, expect, test } from 'vitest';

import type { LoadRequest } from '../../src/workflows/load-input.ts';
import { entriesOf, MemoryRuntime, namesIn } from '../support/memory-runtime.ts';
import { rejection } from '../support/rejection.ts';
import { multi, richBundle } from '../support/rich-bundle.ts';
import { imageToBundle } from '../support/sample-bundle.ts';
import { addImage, addIndex, graphOf } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { amd64, arm64, loadRichBundle, requestFor, rich, single } from './load-rich-bundle.ts';

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
    const result = await loadRichBundle(request);
    await loadRichBundle({ ...request, patterns: [single] });
    await loadRichBundle(request);
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
    const { file = '' } = await loadRichBundle({ ...request, patterns: [single] });
    const names = await readdir(path);
    expect(names.toSorted()).toEqual([young, ...others, file.slice(path.length + 1)].toSorted());
  });

  test('of a damaged bundle gets nothing', async () => {
    const { bundle } = await richBundle((content) => ({ ...content, rawFiles: [] }));
    const bytes = Buffer.from(bundle.bytes);
    const place = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    const { path, request } = await into();
    expect(await rejection(loadRichBundle(request, { ...bundle, bytes }))).toMatchObject({ kind: 'content' });
    expect(await readdir(path)).toEqual([]);
  });

  test('is told of sparse indexes, unless a platform was named', async () => {
    const sparse = await sparseBundle();
    const { request } = await into();
    expect((await loadRichBundle(request, sparse)).warnings).toMatchObject([{ code: 'SPARSE_INDEX' }]);
    expect((await loadRichBundle({ ...request, platform: amd64 }, sparse)).warnings).toEqual([]);
  });
});

async function sparseBundle() {
  const { bundle } = await richBundle(async (content, blobs) => {
    const index = addIndex(blobs, [addImage(blobs, 'a'), addImage(blobs, 'b', { platform: arm64 })]);
    const graph = await graphOf(blobs, index, [amd64]);
    return { ...content, images: [imageToBundle('ghcr.io/org/sparse:1', graph)], charts: [] };
  });
  return bundle;
}
