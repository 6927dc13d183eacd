import { describe, expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { errorCodes, runningRegistry } from '../support/running-registry.ts';

const names = ['a', 'B', 'c', '_d', '10', '9', 'a-1', 'a.1'];
const sorted = ['10', '9', 'B', '_d', 'a', 'a-1', 'a.1', 'c'];

describe('tags', () => {
  test('are listed in ASCII order', async () => {
    const registry = await withTags();
    const response = await registry.send('/v2/org/app/tags/list');
    expect(await response.json()).toEqual({ name: 'org/app', tags: sorted });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('link')).toBeNull();
  });

  test.each([1, 2, 3, 7, 8, 9])('come in pages of %d, each once', async (length) => {
    const registry = await withTags();
    const pages = await followLinks(registry, `/v2/org/app/tags/list?n=${length}`);
    expect(pages.flatMap(({ tags }) => tags)).toEqual(sorted);
    expect(pages).toHaveLength(Math.ceil(sorted.length / length));
  });

  test.each([
    ['last=a', ['a-1', 'a.1', 'c']],
    ['last=a&n=2', ['a-1', 'a.1']],
    ['last=b', ['c']],
    ['last=zzz', []],
    ['n=0', []],
    ['n=99999999999999999999', sorted],
  ])('%s', async (query, expected) => {
    const registry = await withTags();
    const response = await registry.send(`/v2/org/app/tags/list?${query}`);
    expect(await response.json()).toMatchObject({ tags: expected });
    expect(response.headers.get('link') === null).toBe(query !== 'last=a&n=2');
  });

  test.each(['x', '-1', '1.5', ''])('n=%s is refused', async (length) => {
    const registry = await withTags();
    const response = await registry.send(`/v2/org/app/tags/list?n=${length}`);
    expect(response.status).toBe(400);
    expect(await errorCodes(response)).toEqual(['UNSUPPORTED']);
  });

  test('of a repository that is not there are 404', async () => {
    const registry = await withTags();
    const response = await registry.send('/v2/org/none/tags/list');
    expect(response.status).toBe(404);
    expect(await errorCodes(response)).toEqual(['NAME_UNKNOWN']);
  });
});

describe('repositories', () => {
  test('are listed in ASCII order, in pages', async () => {
    const registry = await runningRegistry();
    const repositories = ['org/b', 'a', 'org/a', 'z', 'org/a/deep'];
    for (const name of repositories) await registry.content.repositories.addBlob(name, digestOf(''));
    const whole = await registry.send('/v2/_catalog');
    expect(await whole.json()).toEqual({ repositories: ['a', 'org/a', 'org/a/deep', 'org/b', 'z'] });
    const pages = await followLinks(registry, '/v2/_catalog?n=2');
    expect(pages.map((page) => page.repositories)).toEqual([['a', 'org/a'], ['org/a/deep', 'org/b'], ['z']]);
  });

  test('are none in the beginning', async () => {
    const registry = await runningRegistry();
    expect(await (await registry.send('/v2/_catalog')).json()).toEqual({ repositories: [] });
  });

  test('more than fit into one answer have a link', async () => {
    const registry = await runningRegistry();
    const count = 10_001;
    for (let number = 0; number < count; number += 1)
      await registry.content.repositories.addBlob(`a/${number}`, digestOf(''));
    const pages = await followLinks(registry, '/v2/_catalog');
    expect(pages.map((page) => page.repositories.length)).toEqual([10_000, 1]);
  });
});

interface Page {
  readonly tags: string[];
  readonly repositories: string[];
}

async function followLinks(
  { send }: Pick<Awaited<ReturnType<typeof runningRegistry>>, 'send'>,
  path: string,
): Promise<Page[]> {
  const pages: Page[] = [];
  let next: string | undefined = path;
  while (next !== undefined) {
    const response = await send(next);
    const page: Page = JSON.parse(await response.text());
    pages.push(page);
    next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return pages;
}

async function withTags() {
  const registry = await runningRegistry();
  const manifest = { digest: digestOf('x'), size: 1, mediaType: mediaTypes.ociManifest };
  for (const name of names) await registry.content.repositories.putManifest('org/app', manifest, name);
  return registry;
}
