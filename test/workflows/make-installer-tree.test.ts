import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { describe, expect, test } from 'vitest';

import { makeInstallerTree } from '../../src/workflows/make-installer-tree.ts';
import type { TreeInput, TreeListener, TreeResult } from '../../src/workflows/make-installer-tree.ts';
import { bundleFile } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { smallDisk } from '../support/small-disk.ts';
import { splitBundle, splitOptions } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const silent: TreeListener = { onStep: () => undefined, onBytes: () => undefined };

async function tree(
  input: Partial<TreeInput> & Pick<TreeInput, 'output'>,
  listener = silent,
  signal = new AbortController().signal,
): Promise<TreeResult> {
  const request = { content: [], userData: undefined, clusterDefinition: undefined, edgeConfig: undefined };
  return await makeInstallerTree({ ...request, replaces: false, ...input }, { listener }, signal);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

test('files have the names that CanvOS has in its template', async () => {
  const { folder, path, sample } = await bundleFile();
  const [userData, clusterDefinition, edgeConfig] = [
    join(folder, 'data.yaml'),
    join(folder, 'definition-shop.tgz'),
    join(folder, 'edge.yaml'),
  ];
  await writeFile(userData, '#cloud-config\nstylus: {}\n');
  await writeFile(clusterDefinition, Buffer.from('1f8b', 'hex'));
  await writeFile(edgeConfig, 'content: {}\n');
  const output = join(folder, 'a', 'tree');

  const result = await tree({ output, content: [path], userData, clusterDefinition, edgeConfig });

  const content = `content-${sample.plan.id}/edge.tar.zst`;
  expect(await filesIn(output)).toEqual(['.edge-custom-config.yaml', content, 'spc.tgz', 'user-data']);
  expect(await readFile(join(output, content))).toEqual(sample.bytes);
  expect(await readFile(join(output, 'user-data'), 'utf8')).toBe('#cloud-config\nstylus: {}\n');
  // Tokens may be in them.
  for (const name of ['user-data', 'spc.tgz', '.edge-custom-config.yaml'])
    expect((await stat(join(output, name))).mode & 0o777).toBe(0o600);
  expect(result).toMatchObject({
    path: output,
    buildArguments: ['CLUSTERCONFIG=spc.tgz', 'EDGE_CUSTOM_CONFIG=.edge-custom-config.yaml'],
    warnings: [],
  });
});

test('parts are joined: a build of CanvOS takes *.zst only', async () => {
  const folder = await temporaryFolder();
  const split = await splitBundle(folder);
  const { plan } = await splitOptions(folder);
  const output = join(folder, 'tree');
  const { files } = await tree({ output, content: [split.path] });
  const bytes = await Promise.all(split.parts.map(async ({ name }) => await readFile(join(folder, name))));
  expect(files.map(({ path }) => path)).toEqual([`content-${plan.id}/edge.tar.zst`]);
  expect(await readFile(join(output, files[0]?.path ?? ''))).toEqual(Buffer.concat(bytes));
});

test('content of an earlier run is told: the build would take it, too', async () => {
  const { folder, path } = await bundleFile();
  await mkdir(join(folder, 'content-00000000'));
  await writeFile(join(folder, 'content-00000000', 'old.tar.zst'), '');
  const { warnings } = await tree({ output: folder, content: [path] });
  expect(warnings).toMatchObject([{ code: 'OTHER_CONTENT' }]);
  expect(warnings[0]?.message).toContain('content-00000000/old.tar.zst');
});

test('a damaged bundle is refused, and nothing is left', async () => {
  const { folder, path, sample } = await bundleFile();
  const bytes = Buffer.from(sample.bytes);
  bytes.writeUInt8(bytes.readUInt8(9000) ^ 1, 9000);
  await writeFile(path, bytes);
  const output = join(folder, 'tree');
  expect(await rejection(tree({ output, content: [path] }))).toMatchObject({ code: 'BUNDLE_DAMAGED' });
  await writeFile(`${path}.sha256`, `${'0'.repeat(64)}  edge.tar.zst\n`);
  expect(await rejection(tree({ output, content: [path] }))).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect((await readdir(folder)).toSorted()).toEqual(['edge.tar.zst', 'edge.tar.zst.sha256']);
});

describe('what is there', () => {
  test('stays, unless it was asked to give way', async () => {
    const { folder, path, sample } = await bundleFile();
    const userData = join(folder, 'data');
    await writeFile(userData, '#cloud-config\nstylus: {}\n');
    const output = join(folder, 'tree');
    await mkdir(output);
    await writeFile(join(output, 'user-data'), 'mine');

    const error = await rejection(tree({ output, content: [path], userData }));
    expect(error).toMatchObject({ code: 'OUTPUT_TAKEN', kind: 'usage' });
    expect(await filesIn(output)).toEqual(['user-data']);
    expect(await readFile(join(output, 'user-data'), 'utf8')).toBe('mine');

    await tree({ output, content: [path], userData, replaces: true });
    expect(await filesIn(output)).toEqual([`content-${sample.plan.id}/edge.tar.zst`, 'user-data']);
  });

  test('is never a link, or a file that is read', async () => {
    const { folder } = await bundleFile();
    const userData = join(folder, 'user-data');
    await writeFile(userData, '#cloud-config\nstylus: {}\n');
    const own = await rejection(tree({ output: folder, userData, replaces: true }));
    expect(own).toMatchObject({ code: 'OUTPUT_TAKEN' });
    const typed = relative(process.cwd(), folder);
    const asTyped = await rejection(tree({ output: typed, userData, replaces: true }));
    expect(asTyped).toMatchObject({ code: 'OUTPUT_TAKEN' });
    expect(asTyped.suggestions).toEqual(['Name another folder with --out.']);
    const link = join(await temporaryFolder(), 'link');
    await symlink(folder, link);
    const linked = await rejection(tree({ output: link, userData, replaces: true }));
    expect(linked).toMatchObject({ code: 'OUTPUT_TAKEN' });
    const output = join(folder, 'tree');
    await mkdir(output);
    await symlink(join(folder, 'elsewhere'), join(output, 'user-data'));
    const toNothing = await rejection(tree({ output, userData, replaces: true }));
    expect(toNothing).toMatchObject({ code: 'OUTPUT_TAKEN' });
  });
});

test('nothing is left when it was cancelled', async () => {
  const { folder, path } = await bundleFile();
  const userData = join(folder, 'data');
  await writeFile(userData, '#cloud-config\nstylus: {}\n');
  const controller = new AbortController();
  let current: string | undefined;
  let done = 0;
  const listener: TreeListener = {
    onStep: (step) => (current = step),
    onBytes: (count) => {
      if (current !== 'copying') return;
      done += count;
      if (done > 100) controller.abort();
    },
  };
  const output = join(folder, 'a', 'b', 'c', 'tree');
  // Files are written one after the other: the content is the last.
  await expect(tree({ output, content: [path], userData }, listener, controller.signal)).rejects.toThrow(
    'abort',
  );
  expect(await filesIn(folder)).toEqual(['data', 'edge.tar.zst']);
  expect((await readdir(folder)).toSorted()).toEqual(['data', 'edge.tar.zst']);
});

test('too little space is told before anything is written', async () => {
  const { path } = await bundleFile();
  await using disk = await smallDisk(8192);
  const error = await rejection(tree({ output: join(disk.path, 'tree'), content: [path] }));
  expect(error).toMatchObject({ code: 'NOT_ENOUGH_SPACE', kind: 'disk' });
  expect(error.message).toContain(`the folder ${join(disk.path, 'tree')} needs`);
  expect(await readdir(disk.path)).toEqual([]);
});
