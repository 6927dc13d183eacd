import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { userDataIso } from '../../src/workflows/user-data-iso.ts';
import type { UserDataIso } from '../../src/workflows/user-data-iso.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { contentOf, openIso } from '../support/sample-iso.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const good = '#cloud-config\nstylus:\n  site:\n    edgeHostToken: sEcReT\n';

async function make(text: string, name = 'user-data'): Promise<UserDataIso & { readonly folder: string }> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, name), text);
  const xorriso = requireTool('xorriso');
  const result = await userDataIso({ file: join(folder, name) }, { xorriso }, new AbortController().signal);
  return { ...result, folder };
}

test('the image has the label and the files that cloud-init looks for, as all readers see it', async () => {
  const { path, size, warnings, folder } = await make(good);
  expect(path).toBe(join(folder, 'user-data.iso'));
  expect(warnings).toEqual([]);
  expect((await stat(path)).size).toBe(size);
  expect(await contentOf(await openIso(path))).toEqual({ 'user-data': good, 'meta-data': '' });
  const { stdout: joliet } = await run(requireTool('isoinfo'), ['-J', '-f', '-i', path]);
  expect(joliet.trim().split('\n').toSorted()).toEqual(['/meta-data', '/user-data']);
  const { stdout: label } = await run(requireTool('blkid'), ['-p', '-s', 'LABEL', '-o', 'value', path]);
  expect(label).toBe('cidata\n');
});

test('nobody else may read it, and nothing else is left', async () => {
  const { path, folder } = await make(good, 'site.yaml');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).toSorted()).toEqual(['site.iso', 'site.yaml']);
});

test('in place of another image, it does not have the checksum of that', async () => {
  const { path } = await make(good);
  await writeFile(`${path}.sha256`, `${'0'.repeat(64)}  user-data.iso\n`);
  const file = join(dirname(path), 'user-data');
  await userDataIso({ file }, { xorriso: requireTool('xorriso') }, new AbortController().signal);
  expect(await readFile(`${path}.sha256`, 'utf8')).toBe('');
});

test('an image of something else that has the name stays', async () => {
  const { path, folder } = await make(good);
  const other = join(await temporaryFolder(), 'other');
  await writeFile(other, 'content that took an hour');
  await run(requireTool('genisoimage'), ['-quiet', '-R', '-V', 'COS_CONTENT', '-o', path, other]);
  const before = await readFile(path);
  const again = userDataIso(
    { file: join(folder, 'user-data') },
    { xorriso: requireTool('xorriso') },
    new AbortController().signal,
  );
  expect(await rejection(again)).toMatchObject({
    code: 'OUTPUT_TAKEN',
    kind: 'usage',
    message: `writing the ISO image to ${path} failed: the file is there already and is no ISO image with user data`,
  });
  expect(await readFile(path)).toEqual(before);
});

test('a run that is killed leaves the token beside the image only, where the next run removes it', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'user-data'), good);
  const given = join(await temporaryFolder(), 'given');
  const xorriso = join(await temporaryFolder(), 'xorriso');
  const lines = [
    '#!/bin/sh',
    'case "$*" in *-version*) echo "xorriso version : 1.5.4"; exit;; esac',
    `printf '%s\\n' "$@" | grep '/user-data$' | head -n 1 > '${given}'`,
    `stat -c %a "$(dirname "$(cat '${given}')")" >> '${given}'`,
    'exit 1',
  ];
  await writeFile(xorriso, lines.join('\n'), { mode: 0o755 });
  const file = join(folder, 'user-data');
  const { signal } = new AbortController();
  expect(await rejection(userDataIso({ file }, { xorriso }, signal))).toMatchObject({
    code: 'XORRISO_FAILED',
  });
  const [source = '', mode] = (await readFile(given, 'utf8')).split('\n');
  expect(source.slice(0, folder.length)).toBe(folder);
  expect(mode).toBe('700');
  expect(await readdir(folder)).toEqual(['user-data']);
  const left = [dirname(source), join(folder, 'user-data.iso.ba9876543210.partial')] as const;
  for (const each of left) {
    await mkdir(each);
    await writeFile(join(each, 'user-data'), good);
  }
  await run('touch', ['-d', '11 minutes ago', left[0]]);
  await userDataIso({ file }, { xorriso: requireTool('xorriso') }, signal);
  // What is younger may be of a run that goes on.
  expect((await readdir(folder)).toSorted()).toEqual([
    'user-data',
    'user-data.iso',
    'user-data.iso.ba9876543210.partial',
  ]);
});

test('the same user data gives the same bytes', async () => {
  const [first, second] = [await make(good), await make(good)];
  expect((await readFile(first.path)).equals(await readFile(second.path))).toBe(true);
});

test('keys that nobody knows are told, with the one that was meant', async () => {
  const { warnings } = await make(`#cloud-config
stylus:
  site: {PaletteEndPoint: x, edgeHostTokn: y, somethingElse: z}
  sites: {}
users: []
instal: {}
`);
  const told = warnings.map(({ code, message }) => [code, message.replace(/^.*user-data:/, '')]);
  expect(told).toEqual([
    ['USER_DATA_KEY_UNKNOWN', '3: unknown key stylus.site.PaletteEndPoint: did you mean paletteEndpoint?'],
    ['USER_DATA_KEY_UNKNOWN', '3: unknown key stylus.site.edgeHostTokn: did you mean edgeHostToken?'],
    ['USER_DATA_KEY_UNKNOWN', '3: unknown key stylus.site.somethingElse: it is not in the documentation'],
    ['USER_DATA_KEY_UNKNOWN', '4: unknown key stylus.sites: did you mean site?'],
    ['USER_DATA_KEY_UNKNOWN', '6: unknown key instal: did you mean install?'],
  ]);
});

test('user data without the block of the agent is told', async () => {
  expect((await make('#cloud-config\nstages: {}\n')).warnings).toMatchObject([
    { code: 'USER_DATA_WITHOUT_STYLUS' },
  ]);
});

test('what is no user data makes no image', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'user-data');
  await writeFile(file, 'stylus: {}\n');
  const work = userDataIso({ file }, { xorriso: requireTool('xorriso') }, new AbortController().signal);
  expect(await rejection(work)).toMatchObject({ code: 'USER_DATA_INVALID', kind: 'usage' });
  expect(await readdir(folder)).toEqual(['user-data']);
});
