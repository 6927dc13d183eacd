import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { serveConfig } from '../../src/workflows/serve-config.ts';
import type { ClientName } from '../../src/workflows/serve-config.ts';
import { startContainerd } from '../support/containerd.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCliJson } from '../support/run-cli.ts';
import { sampleServedBundle } from '../support/sample-served-bundle.ts';
import { bundleFile, servingBundles } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const sample = await sampleServedBundle();
const login = { username: 'edge', password: 's3cret: "ü" $x' };
const names = [
  ['docker.io/library/nginx:1.27', sample.nginx.digest],
  ['localhost:5000/org/tool:2', sample.local.digest],
] as const;

interface Site {
  /** The root of the client's files. */
  readonly root: string;
  readonly host: string;
  readonly requests: readonly string[];
}

/** Serves the sample and writes the configuration of a client, as a site would. */
async function site(client: ClientName, isSecured: boolean): Promise<Site> {
  const path = await bundleFile(sample.bytes);
  const certificate = isSecured
    ? ({ kind: 'selfSigned', folder: await temporaryFolder(), names: ['127.0.0.1'] } as const)
    : undefined;
  const known = isSecured ? login : undefined;
  const { origin, host, records } = await servingBundles([path], { certificate, login: known });
  const root = await temporaryFolder();
  const input = { paths: [path], client, origin, certificate, login: known, folder: root };
  await serveConfig(input, new AbortController().signal);
  return {
    root,
    host,
    get requests() {
      return records.map(({ path: asked, status }) => `${status} ${asked}`);
    },
  };
}

describe.each([
  ['plain HTTP', false],
  ['TLS and a login', true],
])('over %s', (_, isSecured) => {
  test('containerd pulls under the original names', async () => {
    const { root, requests } = await site('containerd', isSecured);
    const address = await startContainerd();
    const ctr = async (...args: readonly string[]) =>
      await run(requireTool('ctr'), ['-a', address, 'images', ...args], { encoding: 'utf8' });
    const flags = ['--snapshotter', 'native', '--platform', 'linux/amd64'];
    for (const [name, digest] of names) {
      await ctr('pull', '--hosts-dir', join(root, 'etc/containerd/certs.d'), ...flags, name);
      expect((await ctr('ls', `name==${name}`)).stdout).toContain(digest);
    }
    expect(requests.filter((request) => !request.startsWith('200'))).toEqual([]);
  });

  test('podman pulls under the original names', async () => {
    const { root, host } = await site('podman', isSecured);
    const folder = await temporaryFolder();
    const storage = podmanStorage(folder);
    const files = join(root, 'etc/containers');
    const environment = {
      PATH: process.env['PATH'],
      HOME: folder,
      CONTAINERS_REGISTRIES_CONF: join(files, 'registries.conf.d/50-palette-edge-serve.conf'),
      REGISTRY_AUTH_FILE: isSecured ? join(files, 'palette-edge-auth.json') : undefined,
    };
    const podman = async (...args: readonly string[]) =>
      await run(requireTool('podman'), [...storage, ...args], {
        encoding: 'utf8',
        env: environment,
      });
    const certificates = isSecured ? ['--cert-dir', join(files, 'certs.d', host)] : [];
    for (const [name, digest] of names) {
      await podman('pull', ...certificates, name);
      const { stdout } = await podman('image', 'inspect', '--format', '{{.Digest}}', name);
      expect(stdout.trim()).toBe(digest);
    }
  });

  test('a build pulls with the registries.yaml of k3s', async () => {
    const { root } = await site('k3s', isSecured);
    const path = join(root, 'etc/rancher/k3s/registries.yaml');
    // On a client the root is its own.
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll('/etc/rancher/k3s/', join(root, 'etc/rancher/k3s/')));
    const images = names.flatMap(([name]) => ['--image', name]);
    const { images: built } = await runCliJson<BuildResult>(['build', ...images, '--registries-file', path], {
      cwd: await temporaryFolder(),
    });
    expect(built.map(({ reference, digest }) => [reference, digest])).toEqual(names);
  });
});
