import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { LoadResult } from '../../src/workflows/load-bundle.ts';
import { startContainerd } from '../support/containerd.ts';
import { bundleIn, layeredBundle, makeDelta, wordsLayer } from '../support/delta-bundles.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const login = { username: 'edge', password: 'site-secret' };
const image = 'quay.io/org/image:0';
let folder: string;
/** Two versions of a bundle without raw files, which are in no registry, and what is between them. */
let old: string;
let next: string;
let delta: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  const write = async (name: string, added: string) =>
    await bundleIn(folder, name, await layeredBundle({ images: [[wordsLayer(1), wordsLayer(2, added)]] }));
  old = await write('v1.tar.zst', '');
  next = await write('v2.tar.zst', 'second');
  delta = join(folder, 'v2.delta.tar.zst');
  await makeDelta(next, { bases: [old], output: delta });
});
afterAll(async () => await rm(folder, { recursive: true }));

/** A registry that asks for a password and has the first version, and the flags that reach it. */
async function site() {
  const registry = await startDockerRegistry({ login });
  onTestFinished(async () => await registry.stop());
  const { host } = registry;
  const cwd = await temporaryFolder();
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const env = { REGISTRY_AUTH_FILE: join(cwd, 'auth.json') };
  await writeFile(env.REGISTRY_AUTH_FILE, JSON.stringify({ auths: { [host]: { auth } } }));
  const reach = ['--plain-http', host];
  const flags = ['--base-registry', `${host}/edge`, ...reach];
  const command = async (...args: readonly string[]) => await runCli(args, { cwd, env });
  await runCliJson(['push', old, `${host}/edge`, ...reach], { cwd, env });
  return { host, cwd, env, flags, command };
}

test('all commands that take a base take it from the registry, which asks for a password', async () => {
  const { host, cwd, flags, command } = await site();
  const inventory = ['extract', old, '--file', 'palette-edge/inventory.json', '--output', 'inventory.json'];
  for (const args of [
    ['verify', delta, ...flags],
    inventory,
    ['apply', delta, ...flags, '--base', 'inventory.json', '--output', 'applied.tar.zst'],
    ['extract', delta, ...flags, '--image', image, '--format', 'oci-archive', '--output', 'image.tar'],
    ['extract', delta, ...flags, '--all', 'all'],
    ['load', delta, ...flags, '--into', './images'],
    ['push', delta, `${host}/edge`, ...flags],
  ]) {
    const { code, stderr } = await command(...args);
    expect(code, `of ${args.join(' ')}: ${stderr}`).toBe(0);
  }
  expect((await readFile(join(cwd, 'applied.tar.zst'))).equals(await readFile(next))).toBe(true);
  const digest = await digestIn(`oci-archive:${await plainArchive(cwd)}:${image}`);
  const [archive = ''] = await readdir(join(cwd, 'images'));
  expect(await digestIn(`oci-archive:${join(cwd, 'images', archive)}:${image}`)).toBe(digest);
  expect(await digestIn(`oci-archive:${join(cwd, 'image.tar')}:${image}`)).toBe(digest);
  expect(await digestIn(`oci:${join(cwd, 'all')}:${image}`)).toBe(digest);
  const place = `docker://${host}/edge/org/image:0`;
  const creds = ['--tls-verify=false', '--creds', `${login.username}:${login.password}`];
  expect(await digestIn(place, ...creds)).toBe(digest);
  const refused = await runCli(['load', delta, '--into', './none', ...flags], { cwd });
  expect(refused).toMatchObject({ code: 3 });
  expect(refused.stderr).toContain(`reading from ${host}/edge/org/image: `);
}, 180_000);

test('what is missing is told before anything is done, and a name that is none', async () => {
  const { host, cwd, flags, command } = await site();
  const nowhere = ['--base-registry', `${host}/nowhere`, ...flags.slice(2)];
  for (const args of [
    ['load', delta, ...nowhere, '--into', './images'],
    ['push', delta, `${host}/new`, ...nowhere],
    ['extract', delta, ...nowhere, '--all', 'all'],
  ]) {
    const { code, stdout } = await command(...args, '--json');
    const { error }: { error: { code: string; message: string } } = JSON.parse(stdout);
    expect([args[0], code, error.code]).toEqual([args[0], 4, 'BASE_NEEDED']);
    expect(error.message).toContain(`(${host}/nowhere)`);
    expect(error.message).toMatch(/for quay\.io\/org\/image:0, of edge, id [0-9a-f]{8}/);
  }
  expect((await readdir(cwd)).filter((name) => /images|all|partial/.test(name))).toEqual([]);
  const wrong = await command('load', delta, '--base-registry', 'http://a.b/c', '--into', './images');
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.stderr).toContain('--base-registry');
}, 120_000);

test('load takes from containerd what is there, and puts the new image together in it', async () => {
  const cwd = await temporaryFolder();
  const address = await startContainerd();
  const into = ['--into', 'containerd', '--address', address, '--json'];
  const load = async (...args: readonly string[]) => await runCli(['load', ...args, ...into], { cwd });
  const alone = await load(delta);
  expect(alone.code).toBe(4);
  expect(alone.stdout).toContain('containerd, namespace k8s.io');
  await load(old);
  const foreseen = await load(delta, '--dry-run');
  expect(foreseen.code, foreseen.stdout).toBe(0);
  const { code, stdout } = await load(delta);
  expect(code, stdout).toBe(0);
  const result: LoadResult = JSON.parse(stdout);
  expect(result.images).toMatchObject([{ reference: image, isPresent: false }]);
  const ctr = ['-a', address, '-n', 'k8s.io'];
  const images = await run(requireTool('ctr'), [...ctr, 'images', 'check', '--quiet']);
  expect(images.stdout.trim()).toBe(image);
  const listed = await run(requireTool('ctr'), [...ctr, 'images', 'ls']);
  expect(listed.stdout).toContain(await digestIn(`oci-archive:${await plainArchive(cwd)}:${image}`));
}, 120_000);

/** The digest that skopeo finds. */
async function digestIn(place: string, ...flags: readonly string[]): Promise<string> {
  const { stdout } = await run(requireTool('skopeo'), ['inspect', '--raw', ...flags, place]);
  return digestOf(stdout);
}

/** The second version as an archive, from the whole bundle. */
async function plainArchive(cwd: string): Promise<string> {
  const output = join(cwd, 'plain.tar');
  await runCliJson(['extract', next, '--image', image, '--format', 'oci-archive', '--output', output], {
    cwd,
  });
  return output;
}
