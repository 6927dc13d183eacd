import { execFile } from 'node:child_process';
import { readdir, readFile, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { createIso, defaultIsoPath } from '../../src/workflows/create-iso.ts';
import { bundleIn, layeredBundle, makeDelta, wordsLayer } from '../support/delta-bundles.ts';
import { bundleFile, isoResources, makeIso } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { contentOf, openIso } from '../support/sample-iso.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { squeeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

const { signal } = new AbortController();

async function extracted(iso: string): Promise<string> {
  const folder = await temporaryFolder();
  await run(requireTool('bsdtar'), ['-xf', iso, '-C', folder]);
  return folder;
}

test('the image lies beside the bundle, with its checksum, and says what is in it', async () => {
  const { folder, path, sample } = await bundleFile();
  const result = await makeIso([path]);
  expect(result).toMatchObject({
    path: join(folder, 'edge.iso'),
    label: 'COS_CONTENT',
    bundles: [
      { path: 'edge.tar.zst', name: 'edge-demo', id: sample.plan.id, size: sample.bytes.length, images: 3 },
    ],
    warnings: [],
  });
  expect((await readdir(folder)).toSorted()).toEqual(['edge.iso', 'edge.iso.sha256', 'edge.tar.zst']);
  await run('sha256sum', ['-c', 'edge.iso.sha256'], { cwd: folder });
  expect((await stat(result.path)).size).toBe(result.size);
});

test('sha256sum passes on the tree that another reader extracts, and everything is in its place', async () => {
  const { folder, path, sample } = await bundleFile();
  await writeFile(join(folder, 'spc.tgz'), gzipSync('definition'));
  await writeFile(join(folder, 'notes.txt'), 'notes');
  await writeFile(join(folder, 'tool'), '#!/bin/sh\necho it runs\n');
  const { path: iso } = await makeIso([path], {
    folder: 'opt/spectrocloud/content',
    clusterDefinition: join(folder, 'spc.tgz'),
    files: [{ path: join(folder, 'notes.txt'), name: 'docs/notes.txt' }],
    tool: join(folder, 'tool'),
  });
  const tree = await extracted(iso);
  const { stdout } = await run('sha256sum', ['-c', 'SHA256SUMS'], { cwd: tree });
  expect(stdout.trim().split('\n')).toEqual([
    'README.txt: OK',
    'docs/notes.txt: OK',
    'opt/spectrocloud/content/edge.tar.zst: OK',
    'palette-edge: OK',
    'spc-config/spc.tgz: OK',
  ]);
  expect((await readFile(join(tree, 'opt/spectrocloud/content/edge.tar.zst'))).equals(sample.bytes)).toBe(
    true,
  );
  expect(await readFile(join(tree, 'README.txt'), 'utf8')).toContain(`id       ${sample.plan.id}`);
  expect((await run(join(tree, 'palette-edge'))).stdout).toBe('it runs\n');
});

test('a squeezed bundle is warned of, a delta bundle names its base, and the text on the drive says how both are used', async () => {
  const folder = await temporaryFolder();
  const [old, layer] = [wordsLayer(1), wordsLayer(1, 'new')];
  const before = await bundleIn(folder, 'v1.tar.zst', await layeredBundle({ images: [[old]] }));
  const after = await bundleIn(folder, 'v2.tar.zst', await layeredBundle({ images: [[layer]] }));
  const [squeezed, delta] = [join(folder, 'v2.squeezed.tar.zst'), join(folder, 'v2.delta.tar.zst')];
  await squeeze(after, { output: squeezed });
  await makeDelta(after, { bases: [before], output: delta, threads: 1 });
  const result = await makeIso([squeezed, delta], { output: join(folder, 'both.iso') });
  expect(result.warnings).toMatchObject([{ code: 'SQUEEZED_CONTENT' }]);
  expect(result.bundles).toMatchObject([{ mode: 'squeezed' }, { mode: 'delta', bases: [{ name: 'edge' }] }]);
  const { 'README.txt': text = '' } = await contentOf(await openIso(result.path));
  expect(text).toContain('unsqueeze v2.squeezed.tar.zst');
  expect(text).toContain('apply v2.delta.tar.zst --base OLD');
  expect(text).not.toContain('Start the installation');
});

test('made again elsewhere, at another time, it has the same bytes', async () => {
  const images: Buffer[] = [];
  for (const time of [1_000_000_000, 1_700_000_000]) {
    const { folder, path } = await bundleFile();
    await writeFile(join(folder, 'notes.txt'), 'notes');
    await utimes(join(folder, 'notes.txt'), time, time);
    await utimes(path, time, time);
    const files = [{ path: join(folder, 'notes.txt'), name: 'notes.txt' }];
    images.push(await readFile((await makeIso([path], { files })).path));
  }
  expect(images[0]?.equals(images[1] ?? Buffer.alloc(0))).toBe(true);
});

test('an older image is replaced, a link to one keeps being a link', async () => {
  const { folder, path } = await bundleFile();
  const { path: iso } = await makeIso([path]);
  const other = join(folder, 'link.iso');
  await symlink(iso, other);
  await makeIso([path], { output: other, label: 'OTHER' });
  const image = await openIso(iso);
  expect(image.label).toBe('OTHER');
});

test('an image has no name together with the checksum of an older one', async () => {
  const { folder, path } = await bundleFile();
  const made = await makeIso([path]);
  // Stands for a run that was killed in between: the checksum cannot be written, as its name is too long for a partial file.
  const output = join(folder, `${'n'.repeat(225)}.iso`);
  await rename(made.path, output);
  await rename(`${made.path}.sha256`, `${output}.sha256`);
  const error = await rejection(makeIso([path], { output, label: 'OTHER' }));
  expect(error).toMatchObject({ kind: 'disk' });
  expect(error.message).toContain('writing the checksum of the ISO image to');
  expect((await openIso(output)).label).toBe('OTHER');
  expect(await readFile(`${output}.sha256`, 'utf8')).toBe('');
});

describe('parts', () => {
  test('a bundle that is split on its way needs no copy: the parts are joined to it', async () => {
    const { path, sample } = await bundleFile();
    const split = { partSize: 8192, style: 'canvos' } as const;
    const { path: iso, bundles } = await makeIso([path], { split, folder: 'c' });
    const parts = ['c/edge.tar.zst_part00', 'c/edge.tar.zst_part01', 'c/edge.tar.zst_part02'];
    expect(bundles).toMatchObject([{ path: 'c/edge.tar.zst', parts }]);
    const content = await contentOf(await openIso(iso));
    const joined = Buffer.from(parts.map((part) => content[part]).join(''), 'latin1');
    expect(joined.equals(sample.bytes)).toBe(true);
    expect(JSON.parse(content['c/edge.tar.zst.parts.json'] ?? '')).toMatchObject({
      bundle: { name: 'edge.tar.zst', size: sample.bytes.length, id: sample.plan.id },
      parts: [{ name: 'edge.tar.zst_part00', size: 8192 }, { size: 8192 }, {}],
    });
    await run('sha256sum', ['-c', 'SHA256SUMS'], { cwd: await extracted(iso) });
  });

  test('a bundle in parts goes in as its parts, with their list', async () => {
    const folder = await temporaryFolder();
    const { list, parts } = await splitBundle(folder);
    const { path, files, bundles } = await makeIso([list]);
    expect(path).toBe(join(folder, 'edge.iso'));
    const names = parts.map(({ name }) => name);
    expect(bundles).toMatchObject([{ path: 'edge.tar.zst', parts: names }]);
    expect(files.map((file) => file.path)).toEqual(
      ['README.txt', 'edge.tar.zst.parts.json', ...names].toSorted(),
    );
  });

  test('what is in parts is not split again', async () => {
    const { list } = await splitBundle(await temporaryFolder());
    const split = { partSize: 8192, style: 'plain' } as const;
    expect(await rejection(makeIso([list], { split }))).toMatchObject({
      code: 'BUNDLE_IN_PARTS',
      kind: 'usage',
    });
  });

  test('a part that is not what its list says ends it', async () => {
    const folder = await temporaryFolder();
    const { list, parts } = await splitBundle(folder);
    const part = join(folder, parts[1]?.name ?? '');
    const bytes = await readFile(part);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    await writeFile(part, bytes);
    const error = await rejection(makeIso([list]));
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', kind: 'content' });
    expect(error.message).toContain(part);
  });
});

describe('the image is read back and compared before it has its name', () => {
  /** Has xorriso, and a disk that does this to what it wrote. */
  async function madeWith(fault: string): Promise<{ readonly error: Error; readonly names: string[] }> {
    const { folder, path } = await bundleFile();
    await writeFile(join(folder, 'notes.txt'), 'notes about the site');
    await writeFile(join(folder, 'empty'), '');
    const xorriso = join(await temporaryFolder(), 'xorriso');
    const script = [
      '#!/bin/sh',
      `${requireTool('xorriso')} "$@" || exit`,
      'for word; do case "$word" in stdio:*) image=${word#stdio:};; esac; done',
      '[ -z "$image" ] && exit',
      'at() { grep -abo -m 1 "$1" "$image" | head -n 1 | cut -d : -f 1; }',
      'put() { printf "$1" | dd of="$image" bs=1 seek="$2" conv=notrunc status=none; }',
      fault,
    ];
    await writeFile(xorriso, script.join('\n'), { mode: 0o755 });
    const files = ['notes.txt', 'empty'].map((name) => ({ path: join(folder, name), name }));
    const input = { bundles: [path], label: 'COS_CONTENT', folder: '', files };
    const error = await rejection(createIso(input, isoResources({ xorriso }), signal));
    return { error, names: (await readdir(folder)).toSorted() };
  }

  test.each([
    ['a byte of a file', 'put N "$(at "notes about")"', 'notes.txt has the sha256'],
    ['a byte of the bundle', 'put Q "$(($(stat -c %s "$image") - 5000))"', 'edge.tar.zst has the sha256'],
    ['the list of checksums', 'put x "$(at "[0-9a-f]  notes.txt")"', 'SHA256SUMS has the sha256'],
    ['the label', 'put X 32808', 'its label is "XOS_CONTENT"'],
    ['the end', 'truncate -s -4096 "$image"', 'is not a whole ISO image'],
    ['all of it', 'truncate -s 0 "$image"', 'is no ISO 9660 image'],
  ])('%s is not what it was', async (_what, fault, reason) => {
    const { error, names } = await madeWith(fault);
    expect(error).toMatchObject({ code: 'ISO_DIFFERS', kind: 'content' });
    expect(error.message).toContain(reason);
    expect(error.message).not.toContain('.partial');
    expect(names).toEqual(['edge.tar.zst', 'empty', 'notes.txt']);
  });

  test('files that lie in one place, more of them than bytes, and none', async () => {
    const { folder, path } = await bundleFile();
    await writeFile(join(folder, 'notes.txt'), 'notes');
    await writeFile(join(folder, 'empty'), '');
    const files = ['notes.txt', 'empty'].flatMap((source) =>
      ['a', 'b', 'c'].map((name) => ({ path: join(folder, source), name: `${name}/${source}` })),
    );
    const { path: iso, files: made, sha256 } = await makeIso([path], { files });
    expect(made).toHaveLength(8);
    const { stdout } = await run('sha256sum', [iso]);
    expect(stdout.slice(0, 64)).toBe(sha256);
  });
});

test('progress says what is done, and comes to its end', async () => {
  const { path } = await bundleFile();
  const phases: { phase: string; total: number; done: number }[] = [];
  const listener = {
    onPhase: (phase: string, total: number): void => void phases.push({ phase, total, done: 0 }),
    onBytes: (count: number): void => {
      const last = phases.at(-1);
      if (last !== undefined) last.done += count;
    },
  };
  const input = { bundles: [path], label: 'COS_CONTENT', folder: '', files: [] };
  await createIso(input, isoResources({ listener }), signal);
  expect(phases.map(({ phase }) => phase)).toEqual(['verifying', 'hashing', 'writing', 'checking']);
  for (const { total, done } of phases) expect(done).toBe(total);
});

test.each([
  ['content-1/core-x-1.tar.zst', 'content-1/core-x-1.iso'],
  ['x.zst', 'x.iso'],
  ['a/x.tar.zst.parts.json', 'a/x.iso'],
  ['x.tar.zst_part00', 'x.iso'],
  ['x.tar.zst.part0000', 'x.iso'],
  ['bundle', 'bundle.iso'],
])('the image of %s is %s', (bundle, iso) => {
  expect(defaultIsoPath(bundle)).toBe(iso);
});
