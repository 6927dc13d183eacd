import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { DefinitionCheck } from '../../src/workflows/check-definition.ts';
import type { WrittenDefinition } from '../../src/workflows/write-definition.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import type { RunningRegistry } from '../support/running-registry.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { profileFile, valuesWith } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const blobs = new MemoryBlobs();
const first = addImage(blobs, 'first');
const second = addImage(blobs, 'second');

async function push({ origin }: RunningRegistry, repository: string, root: Descriptor): Promise<void> {
  await pushImage({ origin, repository }, blobs, { root, tag: '1' });
}

/** A registry with two images, and a folder with a profile that asks for one of them. */
async function scene() {
  const registry = await runningRegistry();
  await push(registry, 'org/app', first);
  await push(registry, 'org/base', first);
  const cwd = await temporaryFolder();
  const { host } = registry;
  const profile = profileFile([valuesWith(`${host}/org/app:1`)], { name: 'edge', type: 'infra' });
  await writeFile(join(cwd, 'edge.json'), profile.text);
  await writeFile(join(cwd, 'notes.txt'), 'notes\n');
  const sources = ['--profile', 'edge.json', '--image', `${host}/org/base:1`, '--plain-http', host];
  const write = async (...more: string[]) =>
    await runCliJson<WrittenDefinition>(['resolve', ...sources, '--write', 'd.yaml', ...more], { cwd });
  const build = async (...args: string[]) =>
    await runCliJson<BuildResult>(['build', '--plain-http', host, '--output', 'out.tar.zst', ...args], {
      cwd,
    });
  const text = async () => await readFile(join(cwd, 'd.yaml'), 'utf8');
  return { registry, host, cwd, sources, write, build, text };
}

test('a definition gives the bundle that its sources gave, on any day, whatever became of the tags', async () => {
  const { registry, host, cwd, sources, write, build } = await scene();
  const more = ['--file', 'notes.txt:docs/notes.txt', '--arch', 'amd64', '--map', `${host}/org=r.site/x`];
  const direct = await build(...sources, ...more);
  const written = await write(...more);
  expect(written).toMatchObject({ isChanged: true, images: 2, files: 1, unpinned: [] });
  const before = await build('--definition', 'd.yaml', '--store', 'other');
  expect(before.bundle?.sha256).toBe(direct.bundle?.sha256);
  await push(registry, 'org/app', second);
  await rm(join(cwd, 'other'), { recursive: true });
  const after = await build('--definition', 'd.yaml', '--store', 'other');
  expect(after.bundle).toMatchObject({ id: direct.bundle?.id, sha256: direct.bundle?.sha256 });
  expect(after.bundle?.name).toBe('edge');
  const check = await runCli(['resolve', '--check', 'd.yaml', '--plain-http', host], { cwd });
  expect(check).toMatchObject({ code: 9 });
  expect(check.stdout).toBe(`d.yaml: 2 images, 1 difference
moved:
  ${host}/org/app:1
    was ${first.digest}
    is  ${second.digest}
To take the new ones: palette-edge resolve … --write d.yaml --update
`);
});

test('nothing has moved; then a tag is gone; then nobody can be asked', async () => {
  const { registry, host, cwd, write } = await scene();
  await write();
  const args = ['resolve', '--check', 'd.yaml', '--plain-http', host, '--json'];
  const same = await runCli(args, { cwd });
  expect(same.code).toBe(0);
  await registry.send(`/v2/org/app/manifests/1`, { method: 'DELETE' });
  const gone = await runCli(args, { cwd });
  const found: DefinitionCheck = JSON.parse(gone.stdout);
  expect(gone.code).toBe(9);
  expect(found.gone).toEqual([{ reference: `${host}/org/app:1`, digest: first.digest, isStillThere: true }]);
  await writeFile(join(cwd, 'd.yaml'), `definitionVersion: 1\nimages:\n  - reference: ${host}/Org/app:1\n`);
  const invalid = await runCli(['resolve', '--check', 'd.yaml'], { cwd });
  expect(invalid).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('d.yaml:3: images[0].reference'),
  });
});

test('written again it keeps digests, comments and what was added by hand; --update takes new digests', async () => {
  const { registry, host, cwd, sources, write, text } = await scene();
  await write();
  const original = await text();
  expect((await write()).isChanged).toBe(false);
  expect(await text()).toBe(original);
  const edited = `${original
    .replace('images:\n', `images:\n  # by hand\n  - reference: ${host}/org/own:1 # mine\n`)
    .replace(
      `  - reference: ${host}/org/app:1\n`,
      `  # pinned for a reason\n  - reference: ${host}/org/app:1\n`,
    )
    .replace('exclude: []', 'exclude: ["**/nothing"] # later')}# the end\n`;
  await writeFile(join(cwd, 'd.yaml'), edited);
  await push(registry, 'org/own', second);
  await push(registry, 'org/app', second);
  const again = await write();
  expect(again).toMatchObject({ isChanged: true, images: 3, added: [], removed: [], moved: [] });
  const kept = await text();
  for (const comment of ['# by hand', '# mine', '# pinned for a reason', '# later', '# the end'])
    expect(kept).toContain(comment);
  expect(kept).toContain(`  - reference: ${host}/org/own:1 # mine\n    digest: ${second.digest}\n`);
  expect(kept).toContain(
    `# pinned for a reason\n  - reference: ${host}/org/app:1\n    digest: ${first.digest}\n`,
  );
  const updated = await write('--update');
  expect(updated.moved).toEqual([`${host}/org/app:1`]);
  const less = await runCliJson<WrittenDefinition>(['resolve', ...sources.slice(2), '--write', 'd.yaml'], {
    cwd,
  });
  expect(less.removed).toEqual([`${host}/org/app:1`]);
  expect(await text()).toContain('# by hand');
});

test('names of files that are in the way of each other are refused before anything is written', async () => {
  const { cwd, write, text } = await scene();
  await write('--file', 'notes.txt:docs/notes.txt');
  const before = await text();
  const run = await runCli(
    ['resolve', '--image', 'a.io/x:1', '--offline', '--write', 'd.yaml', '--file', 'notes.txt:DOCS'],
    { cwd },
  );
  expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('two files are to be called DOCS') });
  expect(await text()).toBe(before);
});

test('patterns of a definition are no warnings, with --strict neither', async () => {
  const { host, write, build } = await scene();
  await write('--exclude', `${host}/org/base`, '--exclude', '*/org/app:2');
  const result = await build('--definition', 'd.yaml', '--strict');
  expect(result.warnings).toEqual([]);
  expect(result.images).toHaveLength(1);
});

test('without a registry only what is known is written, and the build says what is not pinned', async () => {
  const { host, cwd, sources, write, build } = await scene();
  const offline = await write('--offline');
  expect(offline.unpinned).toEqual([`${host}/org/app:1`, `${host}/org/base:1`]);
  const result = await build('--definition', 'd.yaml');
  expect(result.warnings.map(({ code }) => code)).toEqual(['NOT_PINNED', 'NOT_PINNED']);
  const bundled = await write('--offline', '--existing-bundle', 'out.tar.zst');
  expect(bundled.unpinned).toEqual([]);
  const both = await runCli(['build', ...sources, '--definition', 'd.yaml'], { cwd });
  expect(both).toMatchObject({ code: 2 });
  expect(both.stderr).toContain('--definition names all images, and so does --profile, --image');
});

test('an image that cannot be pinned, and a file that is no definition: nothing is written', async () => {
  const { host, cwd, write, text } = await scene();
  const missing = await runCli(
    ['resolve', '--image', `${host}/org/none:1`, '--plain-http', host, '--write', 'd.yaml'],
    { cwd },
  );
  expect(missing.code).toBe(4);
  expect(missing.stderr).toContain('1 of 1 images could not be pinned; no definition was written');
  await expect(text()).rejects.toThrow('ENOENT');
  await writeFile(join(cwd, 'd.yaml'), 'kind: Pod\n');
  await expect(write()).rejects.toThrow('DEFINITION_INVALID');
  expect(await text()).toBe('kind: Pod\n');
});

test('a file that is not what the definition says is told before anything is pulled', async () => {
  const { cwd, host, write } = await scene();
  await write('--file', 'notes.txt');
  await writeFile(join(cwd, 'notes.txt'), 'other\n');
  const build = await runCli(['build', '--definition', 'd.yaml', '--plain-http', host], { cwd });
  expect(build).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('notes.txt is not what the definition'),
  });
});
