import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import type { ServeResult } from '../../src/workflows/serve-bundles.ts';
import { startContainerd } from '../support/containerd.ts';
import { helm } from '../support/helm.ts';
import { podmanStorage } from '../support/podman-storage.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli } from '../support/run-cli.ts';
import { graphOf } from '../support/sample-images.ts';
import { sampleServedBundle } from '../support/sample-served-bundle.ts';
import { bundleFile, servingBundles } from '../support/serving-bundles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const sample = await sampleServedBundle();
const { app, nginx, chart } = sample;

const servingSample = async () => await servingBundles([await bundleFile(sample.bytes)]);

describe('skopeo', () => {
  test.each(['ghcr.io/org/app:1.0', 'org/app:1.0', `ghcr.io/org/app@${app.digest}`])(
    'copies all platforms of %s with the digests of the bundle',
    async (name) => {
      const { host, failures } = await servingSample();
      const layout = join(await temporaryFolder(), 'layout');
      const flags = ['copy', '--all', '--preserve-digests', '--src-tls-verify=false'];
      await run(requireTool('skopeo'), [...flags, `docker://${host}/${name}`, `oci:${layout}:copy`]);
      const index: { manifests: Descriptor[] } = JSON.parse(
        await readFile(join(layout, 'index.json'), 'utf8'),
      );
      expect(index.manifests.map(({ digest }) => digest)).toEqual([app.digest]);
      for (const { descriptor } of (await graphOf(sample.blobs, app)).blobs) {
        const copied = await readFile(join(layout, 'blobs/sha256', digestHex(descriptor.digest)));
        expect(copied.equals(sample.blobs.get(descriptor.digest))).toBe(true);
      }
      expect(failures).toEqual([]);
    },
  );

  test('lists the tags, and is told that nothing can be pushed', async () => {
    const { host } = await servingSample();
    const name = `docker://${host}/library/nginx`;
    const { stdout } = await run(requireTool('skopeo'), ['list-tags', '--tls-verify=false', name]);
    expect(JSON.parse(stdout)).toMatchObject({ Tags: ['1.27'] });
    const flags = ['copy', '--src-tls-verify=false', '--dest-tls-verify=false'];
    const pushed = run(requireTool('skopeo'), [...flags, `${name}:1.27`, `docker://${host}/other:1`]);
    await expect(pushed).rejects.toThrow(/405|unsupported|read-only/i);
  });
});

test('podman pulls by tag', async () => {
  const { host } = await servingSample();
  const folder = await temporaryFolder();
  const storage = podmanStorage(folder);
  const name = `${host}/docker.io/library/nginx:1.27`;
  const podman = async (...args: readonly string[]) =>
    await run(requireTool('podman'), [...storage, ...args], { encoding: 'utf8' });
  await podman('pull', '--tls-verify=false', name);
  const { stdout } = await podman('image', 'inspect', '--format', '{{.Digest}}', name);
  expect(stdout.trim()).toBe(nginx.digest);
});

test('containerd pulls under the original name, with the server as a mirror', async () => {
  const { host } = await servingSample();
  const address = await startContainerd();
  const hosts = await temporaryFolder();
  await mkdir(join(hosts, 'docker.io'));
  const mirror = `http://${host}/v2/docker.io`;
  await writeFile(
    join(hosts, 'docker.io', 'hosts.toml'),
    `server = "${mirror}"\n\n[host."${mirror}"]\n  capabilities = ["pull", "resolve"]\n  override_path = true\n`,
  );
  const name = 'docker.io/library/nginx:1.27';
  const ctr = async (...args: readonly string[]) =>
    await run(requireTool('ctr'), ['-a', address, 'images', ...args], { encoding: 'utf8' });
  await ctr('pull', '--hosts-dir', hosts, '--snapshotter', 'native', '--platform', 'linux/amd64', name);
  expect((await ctr('ls')).stdout).toContain(nginx.digest);
});

test('Helm pulls a chart as it was packaged', async () => {
  const { host } = await servingSample();
  for (const path of ['charts.example.com/stable', 'stable']) {
    const folder = await temporaryFolder();
    const from = `oci://${host}/${path}/thing`;
    await helm(folder, 'pull', from, '--version', '1.2.3+b5', '--plain-http', '--destination', folder);
    expect(digestOf(await readFile(join(folder, 'thing-1.2.3+b5.tgz')))).toBe(digestOf(chart));
  }
});

/** The address that a server tells on standard output. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  const told = Promise.withResolvers<string>();
  let shown = '';
  stdout?.on('data', (text: Buffer) => {
    shown += String(text);
    const origin = /^Serving on (http:\/\/\S+)[^]*over plain HTTP\n$/.exec(shown)?.[1];
    if (origin !== undefined) told.resolve(origin);
  });
  stdout?.once('close', () => told.reject(new Error(`it ended before it served anything: ${shown}`)));
  return await told.promise;
}

describe('from the command line', () => {
  async function serve(args: readonly string[], bytes: Buffer, use: (origin: string) => Promise<void>) {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'edge.tar.zst'), bytes);
    const used = Promise.withResolvers<void>();
    const [ended] = await Promise.all([
      runCli(['serve', 'edge.tar.zst', '--listen', '127.0.0.1:0', ...args], {
        cwd,
        onStart: (child) => {
          const using = addressOf(child).then(use);
          used.resolve(using.finally(() => child.kill('SIGINT')));
        },
      }),
      used.promise,
    ]);
    return ended;
  }

  test.each(['--access-log', '--verbose'])(
    'Ctrl-C ends it with success; %s has a line for each request',
    async (flag) => {
      const path = `/v2/library/nginx/manifests/${nginx.digest}`;
      const { code, stdout, stderr } = await serve([flag], sample.bytes, async (origin) => {
        await (await fetch(`${origin}${path}?token=s3cret`)).arrayBuffer();
        await (await fetch(`${origin}/v2/nothing/manifests/1`)).arrayBuffer();
        await (await fetch(`${origin}/v2/%1b%5b2J`)).arrayBuffer();
      });
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: expect.stringContaining('Stopped after 3 requests'),
      });
      expect(stdout).toMatch(/^docker\.io\/library\/nginx:1\.27 +library\/nginx:1\.27$/m);
      const size = sample.blobs.get(nginx.digest).length;
      expect(stderr).toContain(`GET ${path} 200 ${size}\n`);
      expect(stderr).toMatch(/^GET \/v2\/nothing\/manifests\/1 404 \d+$/m);
      expect(stderr).toMatch(/^GET \/v2\/%1b%5b2J 404 \d+$/m);
      expect(stderr).not.toContain('s3cret');
    },
  );

  test('what is damaged is told while others are served, and by the exit code', async () => {
    const bytes = Buffer.from(sample.bytes);
    // The largest layer has the middle of the file.
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    const { layers } = JSON.parse(String(sample.blobs.get(sample.amd64.digest)));
    const { code, stderr } = await serve([], bytes, async (origin) => {
      const pulled = fetch(`${origin}/v2/org/app/blobs/${layers[0].digest}`);
      await expect(pulled.then(async (blob) => await blob.arrayBuffer())).rejects.toThrow(TypeError);
      expect((await fetch(`${origin}/v2/org/app/manifests/1.0`)).status).toBe(200);
    });
    expect(stderr).toMatch(/^Error: edge\.tar\.zst is damaged: frame \d+ .*\nCode: BUNDLE_DAMAGED$/m);
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('2 requests, 1 failed') });
  });

  test('with --json the document comes at the end', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'edge.tar.zst'), sample.bytes);
    const busy = await servingSample();
    const args = ['serve', 'edge.tar.zst', '--json', '--listen'];
    const failed = await runCli([...args, busy.host], { cwd });
    expect(failed).toMatchObject({ code: 6, stderr: '' });
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'PORT_UNAVAILABLE' } });
    const host = busy.host;
    await busy.stop();
    const served = await runCli([...args, host], {
      cwd,
      onStart: (child) => void untilAnswered(`http://${host}/v2/`, child).then(() => child.kill('SIGINT')),
    });
    expect(served).toMatchObject({ code: 0, stderr: '' });
    const result: ServeResult = JSON.parse(served.stdout);
    expect(result).toMatchObject({ host, failures: 0, warnings: [] });
    expect(result.requests).toBeGreaterThan(0);
  });

  test.each([
    [['serve'], 2, 'USAGE'],
    [['serve', 'missing.tar.zst'], 4, 'FILE_NOT_FOUND'],
    [['serve', 'missing.tar.zst', '--listen', '5080'], 2, 'LISTEN_INVALID'],
    [['serve', 'missing.tar.zst', '--nonsense'], 2, 'USAGE'],
  ])('%j ends with %i', async (args, code, name) => {
    const ended = await runCli(args, { cwd: await temporaryFolder() });
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({
      code,
      stderr: expect.stringContaining(`Code: ${name}\n`),
    });
  });
});

async function untilAnswered(url: string, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch {
      // Nothing listens yet.
    }
  }
}
