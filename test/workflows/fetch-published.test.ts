import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { fetchPublished, listPublished } from '../../src/workflows/fetch-published.ts';
import type { FetchSource } from '../../src/workflows/fetch-source.ts';
import { encodePublication, fileMediaTypes } from '../../src/workflows/publish-manifest.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const content: Readonly<Record<string, string>> = {
  'a.tar.zst': '0123456789',
  'a.tar.zst.sha256': 'checksum',
};
const types = [fileMediaTypes.bundle, fileMediaTypes.checksum];
const files = Object.entries(content).map(([name, text], index) => ({
  name,
  digest: digestOf(text),
  size: text.length,
  mediaType: types[index] ?? '',
}));
const manifest = encodePublication({ bundle: 'a.tar.zst', files });

/** How a place gives a file: what it does after each piece. */
type Give = (name: string, from: number) => AsyncGenerator<Uint8Array, void, undefined>;

/** A place with the sample, and the offsets that were asked for. */
function placeWith(give: Give = rightly, names: readonly string[] = ['a.tar.zst']) {
  const asked: string[] = [];
  const source: FetchSource = {
    url: 'test://place',
    names: async () => await Promise.resolve(names),
    urlOf: (name) => `test://place/${name}`,
    manifest: async (name) => {
      const other = Buffer.from('{"schemaVersion":2,"manifests":[]}');
      return await Promise.resolve(name === 'image' ? other : manifest);
    },
    open: async ({ name }, from) => {
      asked.push(`${name}@${from}`);
      return await Promise.resolve(give(name, from));
    },
  };
  return { source, asked };
}

async function* rightly(name: string, from: number): AsyncGenerator<Uint8Array, void, undefined> {
  const text = content[name] ?? '';
  for (let at = from; at < text.length; at += 3)
    yield await Promise.resolve(Buffer.from(text.slice(at, at + 3)));
}

async function fetchInto(
  folder: string,
  source: FetchSource,
  { replaces = false, signal = new AbortController().signal } = {},
) {
  let told = 0;
  const listener = {
    onLooking: () => undefined,
    onFetching: () => undefined,
    onBytes: (count: number) => (told += count),
  };
  const resources = { source, hasher: hashHere, concurrency: 2, listener };
  const result = await fetchPublished({ folder, replaces }, resources, signal);
  return { result, told };
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).toSorted();
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

describe('a bundle', () => {
  test('is fetched into a folder that is made, what lies beside it last', async () => {
    const folder = join(await temporaryFolder(), 'new', 'folder');
    const { source, asked } = placeWith();
    const { result, told } = await fetchInto(folder, source);
    expect(await contentOf(folder)).toEqual(content);
    expect(result).toMatchObject({
      bundle: 'a.tar.zst',
      bytesReceived: 18,
      bytesKept: 0,
      digest: digestOf(manifest),
    });
    expect(told).toBe(18);
    expect(asked).toEqual(['a.tar.zst@0', 'a.tar.zst.sha256@0']);
  });

  test('that is there is not fetched again', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.tar.zst'), '0123456789');
    const { source, asked } = placeWith();
    const { result } = await fetchInto(folder, source);
    expect(asked).toEqual(['a.tar.zst.sha256@0']);
    expect(result).toMatchObject({ bytesReceived: 8, bytesKept: 10 });
    expect(result.files.map(({ wasThere }) => wasThere)).toEqual([true, false]);
  });

  test('replaces another file of its name only when told, and no link', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.tar.zst'), 'other.....');
    const { source, asked } = placeWith();
    expect(await rejection(fetchInto(folder, source))).toMatchObject({ code: 'OUTPUT_TAKEN', kind: 'usage' });
    expect(asked).toEqual([]);
    await fetchInto(folder, source, { replaces: true });
    expect(await contentOf(folder)).toEqual(content);

    const linked = await temporaryFolder();
    await writeFile(join(linked, 'target'), 'mine');
    await symlink('target', join(linked, 'a.tar.zst'));
    expect(await rejection(fetchInto(linked, source))).toMatchObject({ code: 'OUTPUT_TAKEN' });
    await fetchInto(linked, source, { replaces: true });
    expect(await contentOf(linked)).toEqual({ ...content, target: 'mine' });
  });

  test('leaves no signature of what it replaces, but one that may have been brought for it', async () => {
    const folder = await temporaryFolder();
    const place = join(folder, 'a.tar.zst.sig');
    const signature = `${'A'.repeat(86)}== ed25519 sha256:${'0'.repeat(64)}\n`;
    const { source } = placeWith();
    await writeFile(place, signature);
    await fetchInto(folder, source);
    expect(await readFile(place, 'utf8')).toBe(signature);
    await writeFile(join(folder, 'a.tar.zst'), 'of last month');
    await fetchInto(folder, source, { replaces: true });
    expect((await readdir(folder)).toSorted()).toEqual(['a.tar.zst', 'a.tar.zst.sha256']);
  });

  test('is not fetched where a folder has its name, which nothing replaces', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'a.tar.zst'));
    const { source, asked } = placeWith();
    const error = await rejection(fetchInto(folder, source, { replaces: true }));
    expect(error).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
    expect([asked, await readdir(folder)]).toEqual([[], ['a.tar.zst']]);
  });

  test('goes on where it was stopped', async () => {
    const folder = await temporaryFolder();
    const stop = new AbortController();
    const half = placeWith(async function* stopping(name, from) {
      for await (const bytes of rightly(name, from)) {
        yield bytes;
        if (name === 'a.tar.zst' && Buffer.from(bytes).includes('5')) {
          stop.abort(new Error('stopped'));
          throw new Error('stopped');
        }
      }
    });
    await expect(fetchInto(folder, half.source, { signal: stop.signal })).rejects.toThrow('stopped');
    expect((await readdir(folder)).filter((name) => !name.endsWith('.partial'))).toEqual([]);
    const { source, asked } = placeWith();
    const { result } = await fetchInto(folder, source);
    expect(asked).toEqual(['a.tar.zst@6', 'a.tar.zst.sha256@0']);
    expect(result).toMatchObject({ bytesReceived: 12, bytesKept: 6 });
    expect(await contentOf(folder)).toEqual(content);
  });

  test('begins anew when what was left is of another file', async () => {
    const folder = await temporaryFolder();
    const lost = new PaletteEdgeError('CONNECTION_LOST', 'lost', { kind: 'network' });
    const other = placeWith(async function* losing() {
      yield await Promise.resolve(Buffer.from('xxxx'));
      throw lost;
    });
    expect(await rejection(fetchInto(folder, other.source))).toBe(lost);
    const { source, asked } = placeWith();
    const { result, told } = await fetchInto(folder, source);
    expect(asked).toEqual(['a.tar.zst@4', 'a.tar.zst@0', 'a.tar.zst.sha256@0']);
    expect(result).toMatchObject({ bytesReceived: 18, bytesKept: 0 });
    expect(told).toBe(18);
    expect(await contentOf(folder)).toEqual(content);
  });
});

describe('a file that is', () => {
  test.each([
    ['other bytes', 'xxxxxxxxxx', 'DIGEST_MISMATCH'],
    ['too short', '01234', 'SIZE_MISMATCH'],
    ['empty', '', 'SIZE_MISMATCH'],
  ])('%s is refused, and nothing of it stays', async (_, text, code) => {
    const folder = await temporaryFolder();
    const { source } = placeWith(async function* wrongly() {
      yield await Promise.resolve(Buffer.from(text));
    });
    const error = await rejection(fetchInto(folder, source));
    expect(error).toMatchObject({ code, kind: 'content' });
    expect(error.suggestions.join()).toContain('is damaged');
    expect(await readdir(folder)).toEqual([]);
  });

  test('missing is one to be published again', async () => {
    const { source } = placeWith(async function* missing() {
      yield await Promise.reject(new PaletteEdgeError('BLOB_NOT_FOUND', 'not there', { kind: 'notFound' }));
    });
    const error = await rejection(fetchInto(await temporaryFolder(), source));
    expect(error.suggestions).toEqual(['A file is missing there: publish the bundle again.']);
  });

  test.each([
    ['other bytes', new PaletteEdgeError('PUBLICATION_NOT_FOUND', 'gone', { kind: 'notFound' })],
    ['gone', undefined],
  ])('%s since somebody replaces it there is one to be fetched again', async (state, failure) => {
    const { source } = placeWith(async function* wrongly() {
      if (state === 'gone')
        throw new PaletteEdgeError('S3_OBJECT_NOT_FOUND', 'it is not there', { kind: 'notFound' });
      yield await Promise.resolve(Buffer.from('xxxxxxxxxx'));
    });
    let isFirst = true;
    const manifestNow = async () => {
      const bytes = isFirst ? manifest : Buffer.from('{}');
      if (!isFirst && failure !== undefined) throw failure;
      isFirst = false;
      return await Promise.resolve(bytes);
    };
    const error = await rejection(fetchInto(await temporaryFolder(), { ...source, manifest: manifestNow }));
    expect(error.suggestions).toEqual(['It was replaced meanwhile: run the same command again.']);
  });

  test('without end is refused, and nothing of it stays', async () => {
    const folder = await temporaryFolder();
    let given = 0;
    const { source } = placeWith(async function* endlessly() {
      for (;;) {
        given += 4;
        yield await Promise.resolve(Buffer.from('0123'));
      }
    });
    expect(await rejection(fetchInto(folder, source))).toMatchObject({
      code: 'SIZE_MISMATCH',
      kind: 'content',
    });
    expect(given).toBe(12);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a place', () => {
  test('with several bundles wants one to be named', async () => {
    const { source } = placeWith(rightly, ['a', 'b']);
    const error = await rejection(fetchInto(await temporaryFolder(), source));
    expect(error).toMatchObject({ code: 'PUBLICATIONS_SEVERAL', kind: 'usage' });
    expect(error.suggestions).toEqual(['Name one: test://place/a, test://place/b']);
  });

  test('without a bundle says so', async () => {
    const { source } = placeWith(rightly, []);
    const error = await rejection(fetchInto(await temporaryFolder(), source));
    expect(error).toMatchObject({ code: 'PUBLICATION_NOT_FOUND', kind: 'notFound' });
  });

  test('lists what is published, and counts what else is there', async () => {
    const { source } = placeWith(rightly, ['a', 'image']);
    const listed = await listPublished(source, { concurrency: 2 }, new AbortController().signal);
    expect(listed).toEqual({
      url: 'test://place',
      bundles: [{ url: 'test://place/a', digest: digestOf(manifest), bundle: 'a.tar.zst', files }],
      others: 1,
    });
  });

  test('is listed whatever somebody put there, unless it cannot be read', async () => {
    const { source } = placeWith(rightly, ['a', 'huge']);
    const list = async (failure: PaletteEdgeError) => {
      const read = async (name: string, signal: AbortSignal) => {
        if (name === 'huge') throw failure;
        return await source.manifest(name, signal);
      };
      const place = { ...source, manifest: read };
      return await listPublished(place, { concurrency: 2 }, new AbortController().signal);
    };
    const tooLarge = new PaletteEdgeError('RESPONSE_TOO_LARGE', 'too large', { kind: 'content' });
    expect((await list(tooLarge)).bundles.map(({ url }) => url)).toEqual(['test://place/a']);
    const lost = new PaletteEdgeError('CONNECTION_LOST', 'lost', { kind: 'network' });
    expect(await rejection(list(lost))).toBe(lost);
  });
});
