import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { helperPath, helperRuns, writeKeepingHelper } from '../support/credential-helpers.ts';
import { pushImage } from '../support/push-image.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { noise } from '../support/sample-bundle.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const password = 's3cret with $igns and ü';
const runFile = promisify(execFile);

let registry: DockerRegistry;
let image: string;
let access: string[];

beforeAll(async () => {
  registry = await startDockerRegistry({ login: { username: 'edge', password } });
  const blobs = new MemoryBlobs();
  const authorization = `Basic ${Buffer.from(`edge:${password}`).toString('base64')}`;
  const target = { origin: `http://${registry.host}`, repository: 'edge/app', headers: { authorization } };
  await pushImage(target, blobs, { root: addImage(blobs, noise(100_000, 1)), tag: '1.0' });
  image = `${registry.host}/edge/app:1.0`;
  access = ['--plain-http', registry.host];
});
afterAll(async () => await registry.stop());

const login = (...more: string[]) => ['login', registry.host, '--username', 'edge', ...access, ...more];
const build = () => ['build', '--image', image, ...access, '--output', 'app.tar.zst'];

test('a build has the password of the login, and no longer after the logout', async () => {
  const cwd = await temporaryFolder();
  const file = join(cwd, '.docker', 'config.json');
  expect(await runCli(login(), { cwd, input: `${password}\n` })).toEqual({
    code: 0,
    stdout: `Logged in to ${registry.host} as edge\nThe password is in ${file}, which only you can read; it is not encrypted\n`,
    stderr: '',
  });
  expect(await runCli(build(), { cwd })).toMatchObject({ code: 0 });
  expect(await runCliJson(['logout', registry.host], { cwd })).toEqual({
    registry: registry.host,
    wasLoggedIn: true,
    path: file,
    remaining: null,
  });
  expect(await runCli([...build(), '--store', 'empty'], { cwd })).toMatchObject({ code: 3 });
  expect(await runCli(['logout', registry.host], { cwd })).toMatchObject({
    code: 0,
    stdout: `There was no login to ${registry.host} in ${file}\n`,
  });
});

test('a wrong password ends with 3, is not shown and not kept', async () => {
  const cwd = await temporaryFolder();
  for (const more of [[], ['--json'], ['--password-stdin']]) {
    const run = await runCli(login(...more), { cwd, input: 'wr0ng' });
    expect(run.code).toBe(3);
    expect(run.stdout + run.stderr).toContain('LOGIN_REFUSED');
    expect(run.stdout + run.stderr).not.toContain('wr0ng');
  }
  await expect(readFile(join(cwd, '.docker', 'config.json'))).rejects.toThrow('ENOENT');
});

test('skopeo reads what a login wrote, and a build what skopeo wrote', async () => {
  const skopeo = requireTool('skopeo');
  const cwd = await temporaryFolder();
  await runCli(login('--auth-file', 'ours.json'), { cwd, input: password });
  const inspect = ['inspect', '--raw', '--tls-verify=false', '--authfile', 'ours.json', `docker://${image}`];
  const { stdout } = await runFile(skopeo, inspect, { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 2 });

  const flags = ['--username', 'edge', '--password-stdin', '--tls-verify=false', '--authfile', 'theirs.json'];
  const theirs = runFile(skopeo, ['login', ...flags, registry.host], { cwd });
  theirs.child.stdin?.end(password);
  await theirs;
  expect(await runCli(build(), { cwd, env: { REGISTRY_AUTH_FILE: 'theirs.json' } })).toMatchObject({
    code: 0,
  });
});

test('a credential helper keeps the password, and a build gets it from there', async () => {
  const cwd = await temporaryFolder();
  await writeKeepingHelper(cwd, 'box');
  await mkdir(join(cwd, '.docker'));
  await writeFile(join(cwd, '.docker', 'config.json'), '{"credsStore": "box"}');
  const env = { PATH: helperPath(cwd) };
  const { stdout } = await runCli(login(), { cwd, env, input: password });
  expect(stdout).toBe(`Logged in to ${registry.host} as edge\nThe password is with docker-credential-box\n`);
  expect(await runCli(build(), { cwd, env })).toMatchObject({ code: 0 });
  expect(await runCli(['logout', registry.host], { cwd, env })).toMatchObject({ code: 0 });
  const { runs, environment } = await helperRuns(cwd);
  expect(runs.map((line) => line.replace(/^.* /, ''))).toEqual(['store', 'get', 'erase', 'get']);
  expect(environment).not.toContain('s3cret');
});

test('flags of a login may stand in the config file', async () => {
  const cwd = await temporaryFolder();
  const text = `plain-http: ${registry.host}\nlogin: {username: edge, auth-file: kept.json}\n`;
  await writeFile(join(cwd, 'palette-edge.yaml'), text);
  expect(
    await runCli(['login', registry.host, '--config', 'palette-edge.yaml'], { cwd, input: password }),
  ).toMatchObject({ code: 0 });
  expect(await readFile(join(cwd, 'kept.json'), 'utf8')).toContain(registry.host);
});
