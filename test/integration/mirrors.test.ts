import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { pushImage } from '../support/push-image.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli } from '../support/run-cli.ts';
import { runningDockerRegistry } from '../support/running-docker-registry.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { noise } from '../support/sample-bundle.ts';
import { MemoryBlobs, addImage } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeTlsFiles } from '../support/tls-files.ts';

const run = promisify(execFile);
const login = { username: 'edge', password: 'a-secret-pass' };
const blobs = new MemoryBlobs();
let root: Descriptor;
let origin: DockerRegistry;

beforeAll(async () => {
  root = addImage(blobs, noise(400_000, 7));
  origin = await startDockerRegistry();
  await pushImage({ origin: `http://${origin.host}`, repository: 'org/app' }, blobs, { root, tag: '1.0' });
});
afterAll(async () => await origin.stop());

describe('images of Docker Hub', () => {
  test('come from a mirror, and go by the names as they were written', async () => {
    const mirror = await ownRegistry('hub/library/nginx', 'hub/org/app');
    const folder = await temporaryFolder();
    const images = ['--image', 'nginx:1.0', '--image', 'docker.io/org/app:1.0'];
    const flags = ['--mirror', `docker.io=${mirror.host}/hub`, '--plain-http', mirror.host];
    const result = await build(folder, [...images, ...flags]);
    const names = ['docker.io/library/nginx:1.0', 'docker.io/org/app:1.0'];
    expect(result.images.map(({ reference, digest }) => [reference, digest])).toEqual(
      names.map((name) => [name, root.digest]),
    );
    expect(result.plan.registries).toMatchObject([{ registry: 'docker.io', mirrors: [mirror.host] }]);
    const path = join(folder, result.bundle?.path ?? '');
    const index = JSON.parse(await fileInBundle(path, 'index.json'));
    const named = index.manifests.map((entry: Descriptor) => [
      entry.annotations?.['io.containerd.image.name'],
      entry.digest,
    ]);
    expect(named).toEqual(names.map((name) => [name, root.digest]));
    expect(await fileInBundle(path, 'manifest.json')).not.toContain(mirror.host);
    const skopeo = requireTool('skopeo');
    const { stdout } = await run(skopeo, ['inspect', '--raw', `oci-archive:${path}:${names[0]}`]);
    expect(Buffer.from(stdout)).toEqual(blobs.get(root.digest));
  });

  test('come from a rewritten name on a mirror with a login, by registries.yaml in the user’s settings', async () => {
    const mirror = await runningDockerRegistry({ login });
    const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
    const target = {
      origin: `http://${mirror.host}`,
      repository: 'mirrored/nginx',
      headers: { authorization },
    };
    await pushImage(target, blobs, { root, tag: '1.0' });
    const folder = await temporaryFolder();
    const settings = join(folder, '.config', 'palette-edge');
    await mkdir(settings, { recursive: true });
    const file = join(settings, 'registries.yaml');
    await writeFile(file, registriesYaml(mirror.host, login.password));
    const result = await build(folder, ['--image', 'nginx:1.0']);
    expect(result.images).toMatchObject([{ reference: 'docker.io/library/nginx:1.0', digest: root.digest }]);

    const wrong = 'another-secret';
    await writeFile(join(folder, 'wrong.yaml'), registriesYaml(mirror.host, wrong));
    const refused = await runCli(
      ['build', '--image', `${await unusedHost()}/library/nginx:1.0`, '--registries-file', 'wrong.yaml'],
      { cwd: folder, env: { XDG_CACHE_HOME: join(folder, 'other') } },
    );
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain(`mirror ${mirror.host}/mirrored/nginx: `);
    expect(refused.stderr).toContain('the credentials are those of the registries file');
    for (const secret of [wrong, Buffer.from(`edge:${wrong}`).toString('base64')])
      expect(refused.stderr).not.toContain(secret);
  });
});

test('a pull-through cache gets what it lacks itself, and has it from then on', async () => {
  const cache = await runningDockerRegistry({ remoteUrl: `http://${origin.host}` });
  const flags = ['--image', `${origin.host}/org/app:1.0`, '--plain-http', '127.0.0.1'];
  const mirror = ['--mirror', `${origin.host}=${cache.host}`];
  const result = await build(await temporaryFolder(), [...flags, ...mirror]);
  expect(result.images).toMatchObject([{ reference: `${origin.host}/org/app:1.0`, digest: root.digest }]);
  expect(cache.log()).toContain(`ns=${encodeURIComponent(origin.host)}`);
  const { layers } = JSON.parse(blobs.get(root.digest).toString());
  const cached = await fetch(`http://${cache.host}/v2/org/app/blobs/${layers[0].digest}`);
  expect((await cached.arrayBuffer()).byteLength).toBe(layers[0].size);
});

test('a mirror with a certificate of its own authority, by registries.yaml', async () => {
  const tls = await makeTlsFiles(await temporaryFolder());
  const mirror = await runningDockerRegistry({ tls });
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'ca.pem'), tls.caPem);
  const [cache, down] = [await ownRegistry('org/app'), await unusedHost()];
  const yaml = (config: object): string =>
    JSON.stringify({
      mirrors: { '*': { endpoint: [`https://${mirror.host}`, `http://${cache.host}/v2`] } },
      configs: { [mirror.host]: config },
    });
  await writeFile(join(folder, 'registries.yaml'), yaml({ tls: { ca_file: 'ca.pem' } }));
  const flags = ['--image', `${down}/org/app:1.0`, '--registries-file', 'registries.yaml'];
  const result = await build(folder, flags);
  expect(result.images).toMatchObject([{ digest: root.digest }]);
  // It was understood, so it could say that it lacks the image.
  expect(mirror.log()).toContain('/v2/org/app/manifests/1.0');
});

describe('the bundle is the one that the registry alone gives', () => {
  const flagsOf = () => ['--image', `${origin.host}/org/app:1.0`, '--plain-http', '127.0.0.1'];
  let alone: BuildResult;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
    try {
      alone = await build(folder, flagsOf());
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each<[string, () => Promise<string>]>([
    ['lacks the image', async () => (await ownRegistry('other/app')).host],
    ['is down', unusedHost],
    ['wants a login', async () => (await runningDockerRegistry({ login })).host],
    ['sends wrong bytes', async () => await corruptingMirror(origin.host)],
  ])('with a mirror that %s', async (_what, startMirror) => {
    const mirror = await startMirror();
    const flags = [...flagsOf(), '--mirror', `${origin.host}/org=${mirror}/org`];
    const result = await build(await temporaryFolder(), flags);
    expect(result.bundle?.sha256).toBe(alone.bundle?.sha256);
    expect(result.failures).toEqual([]);
  });
});

function registriesYaml(host: string, password: string): string {
  return `
mirrors:
  "*":
    endpoint: ["http://${host}"]
    rewrite: {"^library/(.*)": "mirrored/$1"}
configs:
  "${host}":
    auth: {username: ${login.username}, password: ${password}}
`;
}

/** Passes everything on, with one byte of every blob changed. */
async function corruptingMirror(registry: string): Promise<string> {
  const { host } = await startServer((request, response) => {
    void (async () => {
      const { range } = request.headers;
      const answer = await fetch(`http://${registry}${request.url}`, {
        method: request.method ?? 'GET',
        headers: range === undefined ? {} : { range },
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (request.url?.includes('/blobs/') === true && bytes.length > 0)
        bytes.writeUInt8(bytes.readUInt8(0) ^ 1);
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(bytes);
    })();
  });
  return host;
}

async function build(cwd: string, flags: readonly string[]): Promise<BuildResult> {
  const { code, stdout, stderr } = await runCli(['build', ...flags, '--json'], { cwd });
  if (code !== 0) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
  const result: BuildResult = JSON.parse(stdout);
  return result;
}

async function fileInBundle(path: string, name: string): Promise<string> {
  const { stdout } = await run('sh', ['-c', 'zstd -dc "$1" | tar -xOf - "$2"', 'sh', path, name]);
  return stdout;
}

async function ownRegistry(...repositories: readonly string[]) {
  const registry = await runningRegistry();
  for (const repository of repositories)
    await pushImage({ origin: registry.origin, repository }, blobs, { root, tag: '1.0' });
  return registry;
}
