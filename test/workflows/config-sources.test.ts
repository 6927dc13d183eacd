import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import {
  defaultSources,
  findConfigSources,
  readConfigSource,
  readListSource,
} from '../../src/workflows/config-sources.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const never = new AbortController().signal;
const profile = (name: string, type: string) =>
  JSON.stringify({ metadata: { name }, spec: { version: '1.2.0', template: { type, packs: [] } } });

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

async function found(files: Readonly<Record<string, string>>) {
  return await findConfigSources(await folderOf(files), never);
}

const names = (sources: readonly { readonly path: string }[]) =>
  sources.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));

describe('what is found in a folder', () => {
  test('is profiles and image lists, by name, and nothing else', async () => {
    const folder = await folderOf({
      'infra.json': profile('infra', 'infra'),
      'addons.yaml': profile('shop', 'add-on'),
      'images.txt': '# ours\nghcr.io/org/app:1\nnginx:1.27\n',
      'package.json': '{"name": "x"}',
      'pod.yaml': 'kind: Pod\nspec: {containers: []}',
      'broken.yaml': 'a: [',
      'words.txt': 'just\nwords\n',
      'notes.txt': 'Some notes: read them.\n',
      'empty.txt': '',
      '.hidden.json': profile('hidden', 'infra'),
      'infra.json.bak': profile('old', 'infra'),
    });
    await mkdir(join(folder, 'folder.json'));
    const sources = await findConfigSources(folder, never);
    expect(sources).toMatchObject([
      { kind: 'profile', name: 'shop', version: '1.2.0', type: 'add-on' },
      { kind: 'images-file', count: 2 },
      { kind: 'profile', name: 'infra' },
    ]);
    expect(names(sources)).toEqual(['addons.yaml', 'images.txt', 'infra.json']);
  });

  test('is nothing in a folder that is not there, and nothing more after an interruption', async () => {
    expect(await findConfigSources('/nowhere', never)).toEqual([]);
    const folder = await folderOf({ 'infra.json': profile('infra', 'infra') });
    await expect(findConfigSources(folder, AbortSignal.abort())).rejects.toThrow('aborted');
  });
});

describe('what is taken when nobody says otherwise', () => {
  test('is all profiles of one cluster', async () => {
    const sources = await found({
      'a.json': profile('shop', 'add-on'),
      'b.json': profile('infra', 'infra'),
      'l.txt': 'a.io/b:1',
    });
    expect(names(defaultSources(sources))).toEqual(['a.json', 'b.json']);
  });

  test('is the only list, without a profile', async () => {
    expect(names(defaultSources(await found({ 'l.txt': 'a.io/b:1' })))).toEqual(['l.txt']);
    expect(defaultSources(await found({ 'l.txt': 'a.io/b:1', 'm.txt': 'a.io/c:1' }))).toEqual([]);
  });

  test.each([
    ['two versions of a profile', profile('infra', 'add-on'), profile('infra', 'add-on')],
    ['two profiles of infrastructure', profile('a', 'infra'), profile('b', 'cluster')],
  ])('is nothing of %s', async (_what, one, other) => {
    expect(defaultSources(await found({ '1.json': one, '2.json': other }))).toEqual([]);
  });
});

describe('a file that was named', () => {
  test.each([
    ['no profile', 'x.yaml', 'kind: Pod', 'PROFILE_INVALID'],
    ['no YAML', 'x.json', '{', 'YAML_INVALID'],
    ['no references', 'x.lst', 'Not An Image', 'REFERENCE_INVALID'],
  ])('and has %s is refused', async (...[, name, text, code]) => {
    const folder = await folderOf({ [name]: text });
    expect(await rejection(readConfigSource(join(folder, name)))).toMatchObject({ code, kind: 'usage' });
  });

  test('and is not there is told', async () => {
    expect(await rejection(readListSource('/nowhere/x.txt'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('may be a list of words', async () => {
    const folder = await folderOf({ words: 'nginx\nredis\n' });
    expect(await readConfigSource(join(folder, 'words'))).toMatchObject({ kind: 'images-file', count: 2 });
  });
});
