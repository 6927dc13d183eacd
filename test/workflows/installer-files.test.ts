import { execFile } from 'node:child_process';
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { readInstallerFiles } from '../../src/workflows/installer-files.ts';
import type { InstallerFiles, InstallerFilesRequest } from '../../src/workflows/installer-files.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { everythingShown, rejection } from '../support/rejection.ts';
import { squeezeSample } from '../support/sample-squeezed.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function read(request: Partial<InstallerFilesRequest>): Promise<InstallerFiles> {
  return await readInstallerFiles({
    content: [],
    userData: undefined,
    clusterDefinition: undefined,
    edgeConfig: undefined,
    ...request,
  });
}

async function written(text: string | Buffer): Promise<string> {
  const path = join(await temporaryFolder(), 'file');
  await writeFile(path, text);
  return path;
}

test('a bundle, by the name of the link to it, is read where it is', async () => {
  const { folder, path, sample } = await bundleFile();
  const link = join(folder, 'link.tar.zst');
  await symlink(path, link);
  expect((await read({ content: [link] })).content).toEqual([
    {
      path: link,
      name: 'link.tar.zst',
      id: sample.plan.id,
      size: sample.bytes.length,
      sources: [{ path, named: link, size: sample.bytes.length, modified: (await stat(path)).mtimeMs }],
    },
  ]);
});

test('a squeezed bundle is warned of, and a plain one is not', async () => {
  const plain = await bundleFile();
  const path = join(plain.folder, 'edge.squeezed.tar.zst');
  await writeFile(path, (await squeezeSample(plain.sample)).bytes);
  const { content, warnings } = await read({ content: [plain.path, path] });
  expect(content).toHaveLength(2);
  expect(warnings).toMatchObject([{ code: 'SQUEEZED_CONTENT' }]);
  expect(warnings[0]?.message).toContain(`palette-edge unsqueeze ${path}`);
});

test('the checksum beside a bundle is what it must have', async () => {
  const { path } = await bundleFile();
  const sha256 = 'ab'.repeat(32);
  await writeFile(`${path}.sha256`, `${sha256}  edge.tar.zst\n`);
  expect((await read({ content: [path] })).content).toMatchObject([{ sources: [{ sha256 }] }]);
});

test('parts have the name of their bundle, and stay apart', async () => {
  const folder = await temporaryFolder();
  const { path, parts } = await splitBundle(folder);
  const sources = parts.map(({ name, size, sha256 }) => ({ path: join(folder, name), size, sha256 }));
  const { content } = await read({ content: [`${path}.parts.json`] });
  expect(content).toMatchObject([{ name: 'edge.tar.zst', sources }]);
});

test('what is wrong with user data is told, as iso user-data does', async () => {
  const userData = await written('#cloud-config\nstylus:\n  sitte: {}\n');
  const { warnings } = await read({ userData });
  expect(warnings.map(({ code }) => code)).toEqual(['USER_DATA_KEY_UNKNOWN']);
});

describe('refused', () => {
  test('nothing at all', async () => {
    expect(await rejection(read({}))).toMatchObject({ code: 'NOTHING_TO_EMBED', kind: 'usage' });
  });

  test.each(['edge.bundle', 'an edge.tar.zst', "e'dge.tar.zst"])('a bundle called %s', async (name) => {
    const { path } = await bundleFile(name);
    expect(await rejection(read({ content: [path] }))).toMatchObject({
      code: 'CONTENT_NAME_INVALID',
      kind: 'usage',
    });
  });

  test('two bundles of one name', async () => {
    const [first, second] = [await bundleFile(), await bundleFile()];
    const error = await rejection(read({ content: [first.path, second.path] }));
    expect(error).toMatchObject({ code: 'CONTENT_TWICE', kind: 'usage' });
  });

  test('a bundle inside an image', async () => {
    const { path } = await bundleFile();
    const { path: image } = await makeIso([path]);
    expect(await rejection(read({ content: [image] }))).toMatchObject({ code: 'BUNDLE_IN_ISO' });
  });

  test('what is no bundle, and what is not there', async () => {
    const other = await written('text');
    expect(await rejection(read({ content: [other] }))).toMatchObject({ kind: 'content' });
    expect(await rejection(read({ content: ['/nowhere.tar.zst'] }))).toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    expect(await rejection(read({ edgeConfig: '/nowhere.yaml' }))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('pipes, without waiting for somebody to write into them', async () => {
    const pipe = join(await temporaryFolder(), 'edge.tar.zst');
    await promisify(execFile)('mkfifo', [pipe]);
    const requests = [
      { content: [pipe] },
      { userData: pipe },
      { clusterDefinition: pipe },
      { edgeConfig: pipe },
    ];
    for (const request of requests)
      expect(await rejection(read(request))).toMatchObject({ code: 'NOT_A_FILE', kind: 'usage' });
  });

  test('user data without its first line', async () => {
    const error = await rejection(read({ userData: await written('stylus: {}\n') }));
    expect(error).toMatchObject({ code: 'USER_DATA_INVALID', kind: 'usage' });
  });

  test.each([
    ['- a list\n', 'file: expected keys and values at its top'],
    ['token: "s3cret\n', 'file:2:1: it is not valid YAML: a quote, bracket, '],
    ['a: s3cret\n b: 1\n', 'file:1:4: it is not valid YAML: a mapping or list begins in the middle'],
  ])('an edge config %j, without saying what is in it', async (text, reason) => {
    const error = await rejection(read({ edgeConfig: await written(text) }));
    expect(error).toMatchObject({ code: 'EDGE_CONFIG_INVALID', kind: 'usage' });
    expect(error.message).toContain(reason);
    expect(everythingShown(error)).not.toContain('s3cret');
  });

  test('a cluster definition that is not gzip, empty, or a folder', async () => {
    for (const bytes of ['PK', '']) {
      const error = await rejection(read({ clusterDefinition: await written(bytes) }));
      expect(error).toMatchObject({ code: 'CLUSTER_DEFINITION_INVALID', kind: 'usage' });
    }
    const folder = join(await temporaryFolder(), 'folder');
    await mkdir(folder);
    expect((await rejection(read({ clusterDefinition: folder }))).kind).toBe('usage');
  });
});
