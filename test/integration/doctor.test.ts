import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import type { DoctorCheck, DoctorResult } from '../../src/workflows/doctor-check.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli } from '../support/run-cli.ts';
import { noise } from '../support/sample-bundle.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

const password = 's3cret with $igns';
let registry: DockerRegistry;

beforeAll(async () => {
  registry = await startDockerRegistry({ login: { username: 'edge', password } });
  const blobs = new MemoryBlobs();
  const authorization = `Basic ${Buffer.from(`edge:${password}`).toString('base64')}`;
  const target = { origin: `http://${registry.host}`, repository: 'edge/app', headers: { authorization } };
  await pushImage(target, blobs, { root: addImage(blobs, noise(1000, 1)), tag: '1.0' });
});
afterAll(async () => await registry.stop());

interface Visit {
  readonly code: number | undefined;
  readonly text: string;
  readonly check: (name: string) => DoctorCheck | undefined;
}

async function visit(argv: readonly string[], env = {}, cwd?: string): Promise<Visit> {
  const folder = cwd ?? (await temporaryFolder());
  const { code, stdout, stderr } = await runCli(['doctor', ...argv, '--json'], { cwd: folder, env });
  const { checks }: DoctorResult = JSON.parse(stdout);
  const check = (name: string): DoctorCheck | undefined => checks.find((found) => found.name === name);
  return { code, text: stdout + stderr, check };
}

async function loggedIn(secret: string): Promise<string> {
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, '.docker'));
  const auth = Buffer.from(`edge:${secret}`).toString('base64');
  const config = JSON.stringify({ auths: { [registry.host]: { auth } } });
  await writeFile(join(cwd, '.docker', 'config.json'), config);
  return cwd;
}

const plain = () => ['--plain-http', registry.host];

test('a login that is good, and an image that may be pulled with it', async () => {
  const cwd = await loggedIn(password);
  const image = `${registry.host}/edge/app:1.0`;
  const { code, text, check } = await visit([registry.host, '--image', image, ...plain()], {}, cwd);
  expect(check(`registry ${registry.host}`)).toMatchObject({ status: 'ok' });
  expect(check(`login to ${registry.host}`)).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(/^accepted, from .*\.docker\/config\.json/),
  });
  expect(check(`image ${image}`)).toMatchObject({ status: 'ok' });
  expect(check('clock')).toBeUndefined();
  expect(check('node')).toMatchObject({ status: 'ok' });
  expect(check('zstd')).toMatchObject({ status: 'ok' });
  expect(check('xorriso')).toMatchObject({ status: 'ok' });
  expect(code).toBe(0);
  expect(text).not.toContain(password);
});

test('a login that is refused, with where it is from; its secret is not shown', async () => {
  const { code, text, check } = await visit([registry.host, ...plain()], {}, await loggedIn('0utdated'));
  expect(check(`login to ${registry.host}`)).toMatchObject({
    status: 'problem',
    detail: expect.stringMatching(/^refused, from .*\.docker\/config\.json/),
    remedies: expect.arrayContaining([`Log in again: palette-edge login ${registry.host}`]),
  });
  expect(code).toBe(1);
  expect(text).not.toContain('0utdated');
  expect(text).not.toContain(Buffer.from('edge:0utdated').toString('base64'));
});

test('no login is a warning, and an image that needs one a problem', async () => {
  const image = `${registry.host}/edge/app:1.0`;
  const alone = await visit([registry.host, ...plain()]);
  expect(alone.check(`login to ${registry.host}`)).toMatchObject({ status: 'warning' });
  expect(alone.code).toBe(0);
  const { code, check } = await visit(['--image', image, ...plain()]);
  expect(check(`image ${image}`)).toMatchObject({ status: 'problem' });
  expect(code).toBe(1);
});

test('shared stores with a good login, a refused one, and no keys', async () => {
  const url = `oci://${registry.host}/edge/cache`;
  const good = await visit(['--store', url, ...plain()], {}, await loggedIn(password));
  expect(good.check(`shared store ${url}`)).toMatchObject({ status: 'ok' });
  const bad = await visit(['--store', url, ...plain()], {}, await loggedIn('wrong s3cret'));
  expect(bad.check(`shared store ${url}`)).toMatchObject({ status: 'problem' });
  expect(bad.code).toBe(1);
  expect(bad.text).not.toContain('wrong s3cret');
  const keyless = await visit(['--store', 's3://bucket/cache']);
  expect(keyless.check('settings of shared stores')).toMatchObject({ status: 'problem' });
});

test('a port where nobody listens', async () => {
  const server = createSocketServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const host = `127.0.0.1:${portOf(server.address())}`;
  await new Promise((resolve) => server.close(resolve));
  const { code, check } = await visit([host]);
  expect(check(`registry ${host}`)).toMatchObject({
    status: 'problem',
    detail: expect.stringContaining('refused'),
  });
  expect(code).toBe(1);
});

test('a certificate of an unknown authority, which --ca-cert makes known', async () => {
  const folder = await temporaryFolder();
  const tls = await makeTlsFiles(folder);
  const secure = await startDockerRegistry({ tls });
  onTestFinished(async () => await secure.stop());
  const name = `registry ${secure.host}`;
  const { code, check } = await visit([secure.host]);
  expect(check(name)).toMatchObject({ status: 'problem' });
  expect(check(name)?.remedies.join('\n')).toContain('--ca-cert');
  expect(code).toBe(1);
  const known = await visit([secure.host, '--ca-cert', join(folder, 'ca.pem')]);
  expect(known.check(name)).toMatchObject({ status: 'ok' });
  // It is good for two days.
  expect(known.check('authorities of --ca-cert')).toMatchObject({ status: 'warning' });
  expect(known.code).toBe(0);
});

test('a clock that goes wrong, and a server that is no registry', async () => {
  const server = createServer((request, response) => {
    const isRegistry = request.headers.host?.startsWith('localhost') === true;
    response.writeHead(isRegistry ? 200 : 418, { date: 'Thu, 01 Jan 2026 00:00:00 GMT' }).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const port = portOf(server.address());
  const hosts = [`localhost:${port}`, `127.0.0.1:${port}`];
  const { code, check } = await visit([...hosts, ...hosts.flatMap((host) => ['--plain-http', host])]);
  expect(check('clock')).toMatchObject({
    status: 'problem',
    detail: expect.stringContaining(' ahead of that of '),
  });
  expect(check(`registry localhost:${port}`)).toMatchObject({ status: 'ok' });
  expect(check(`registry 127.0.0.1:${port}`)?.detail).toContain('answered 418');
  expect(code).toBe(1);
});

test('programs that are missing, proxies without their passwords, files that make no sense', async () => {
  const cwd = await temporaryFolder();
  const empty = join(cwd, 'empty');
  await mkdir(empty);
  await writeFile(join(cwd, 'no.pem'), 'nothing');
  const env = { PATH: empty, HTTPS_PROXY: 'http://me:hidden@proxy.example:3128', NO_PROXY: '.example' };
  const { code, text, check } = await visit(['--ca-cert', 'no.pem', '--store', '/proc/store'], env, cwd);
  expect(check('xorriso')).toMatchObject({ status: 'warning', remedies: expect.any(Array) });
  expect(check('helm')).toMatchObject({ status: 'warning' });
  expect(check('proxies')?.detail).toBe(
    'HTTPS through proxy.example:3128 (HTTPS_PROXY); except .example (NO_PROXY)',
  );
  expect(check('authorities of --ca-cert')).toMatchObject({ status: 'problem' });
  expect(check('settings of registries')).toMatchObject({ status: 'problem' });
  expect(check('space for the store')).toMatchObject({ status: 'problem' });
  expect(code).toBe(1);
  expect(text).not.toContain('hidden');
});

test('a person sees a line for each, and what to do', async () => {
  const cwd = await temporaryFolder();
  const { stdout, stderr, code } = await runCli(['doctor', registry.host, ...plain()], { cwd });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toMatch(/^ok {7}palette-edge: /);
  expect(stdout).toContain(
    `\nWARNING  login to ${registry.host}: none known: only images that everybody may pull\n         - palette-edge login ${registry.host}\n`,
  );
  expect(stdout).toMatch(/\n0 problems, [1-9] warnings?\n$/);
});

function portOf(address: { readonly port: number } | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}
