import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import type { LoadResult } from '../../src/workflows/load-bundle.ts';
import { startContainerd } from '../support/containerd.ts';
import { deltaPair, pairImage, skopeoDigest } from '../support/delta-pair.ts';
import type { DeltaPair } from '../support/delta-pair.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const login = { username: 'edge', password: 'site-secret' };
let folder: string;
let pair: DeltaPair;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  pair = await deltaPair(folder);
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
  await runCliJson(['push', pair.old, `${host}/edge`, ...reach], { cwd, env });
  return { host, cwd, env, flags, command };
}

test('all commands that take a base take it from the registry, which asks for a password', async () => {
  const { host, cwd, flags, command } = await site();
  const { old, next, delta, digest } = pair;
  const inventory = ['extract', old, '--file', 'palette-edge/inventory.json', '--output', 'inventory.json'];
  for (const args of [
    ['verify', delta, ...flags],
    inventory,
    ['apply', delta, ...flags, '--base', 'inventory.json', '--output', 'applied.tar.zst'],
    ['extract', delta, ...flags, '--image', pairImage, '--format', 'oci-archive', '--output', 'image.tar'],
    ['extract', delta, ...flags, '--all', 'all'],
    ['load', delta, ...flags, '--into', './images'],
    ['push', delta, `${host}/edge`, ...flags],
  ]) {
    const { code, stderr } = await command(...args);
    expect(code, `of ${args.join(' ')}: ${stderr}`).toBe(0);
  }
  expect((await readFile(join(cwd, 'applied.tar.zst'))).equals(await readFile(next))).toBe(true);
  const [archive = ''] = await readdir(join(cwd, 'images'));
  expect(await skopeoDigest(`oci-archive:${join(cwd, 'images', archive)}:${pairImage}`)).toBe(digest);
  expect(await skopeoDigest(`oci-archive:${join(cwd, 'image.tar')}:${pairImage}`)).toBe(digest);
  expect(await skopeoDigest(`oci:${join(cwd, 'all')}:${pairImage}`)).toBe(digest);
  const place = `docker://${host}/edge/org/image:0`;
  const creds = ['--tls-verify=false', '--creds', `${login.username}:${login.password}`];
  expect(await skopeoDigest(place, ...creds)).toBe(digest);
  const refused = await runCli(['load', delta, '--into', './none', ...flags], { cwd });
  expect(refused).toMatchObject({ code: 3 });
  expect(refused.stderr).toContain(`reading from ${host}/edge/org/image: `);
}, 180_000);

test('what is missing is told before anything is done, and a name that is none', async () => {
  const { host, cwd, flags, command } = await site();
  const { delta } = pair;
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
  const { old, delta, digest } = pair;
  const cwd = await temporaryFolder();
  const address = await startContainerd();
  const into = ['--into', 'containerd', '--address', address, '--json'];
  const load = async (...args: readonly string[]) => await runCli(['load', ...args, ...into], { cwd });
  const alone = await load(delta);
  expect(alone.code).toBe(4);
  expect(alone.stdout).toContain('containerd, namespace k8s.io');
  await load(old);
  const foreseen = await load(delta, '--dry-run');
  expect(foreseen.code, `with ${foreseen.stdout}`).toBe(0);
  const { code, stdout } = await load(delta);
  expect(code, `with ${stdout}`).toBe(0);
  const result: LoadResult = JSON.parse(stdout);
  expect(result.images).toMatchObject([{ reference: pairImage, isPresent: false }]);
  const ctr = ['-a', address, '-n', 'k8s.io'];
  const images = await run(requireTool('ctr'), [...ctr, 'images', 'check', '--quiet']);
  expect(images.stdout.trim()).toBe(pairImage);
  const listed = await run(requireTool('ctr'), [...ctr, 'images', 'ls']);
  expect(listed.stdout).toContain(digest);
}, 120_000);
