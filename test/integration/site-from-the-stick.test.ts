import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, expect, onTestFinished, test } from 'vitest';

import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestHex, digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { CreatedIso } from '../../src/workflows/create-iso.ts';
import { startContainerd } from '../support/containerd.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { goProgram } from '../support/go-program.ts';
import { helm } from '../support/helm.ts';
import { startLoneNetwork } from '../support/lone-network.ts';
import type { Enter } from '../support/lone-network.ts';
import { pushImage } from '../support/push-image.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCliJson } from '../support/run-cli.ts';
import { noise } from '../support/sample-bundle.ts';
import { sampleChart } from '../support/sample-charts.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { standaloneProgram } from '../support/standalone.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
/** What images are called at the site: nobody could ask it. */
const registry = 'registry.example.com';
const app = 'org/app:1.0';
const docker = 'library/nginx:1.27';
const chart = 'charts/thing:1.2.3';
const served = '127.0.0.1:5080';

let tool: string;
beforeAll(async () => {
  tool = await standaloneProgram();
}, 300_000);

test('from the ISO image alone, with nothing but loopback, everybody pulls what the origin has', async () => {
  const { iso, digests, origin } = await stick();
  const site = await plugIn(iso);
  const appDigest = digests.get(app) ?? '';
  // What follows is worth nothing where the origin could be asked.
  await expect(site.run(requireTool('skopeo'), 'inspect', `docker://${origin}/${app}`)).rejects.toThrow(
    /connection refused|unreachable/,
  );
  await serve(site);

  for (const [name, digest] of digests) {
    expect([name, await pulledBySkopeo(site, name)]).toEqual([name, digest]);
    expect([name, await pulledBySkopeo(site, byDigest(name, digest))]).toEqual([name, digest]);
    expect([name, await pulledByCrane(site, name)]).toEqual([name, digest]);
    expect([name, await pulledByCrane(site, byDigest(name, digest))]).toEqual([name, digest]);
  }
  for (const name of [app, docker, byDigest(app, appDigest)])
    expect([name, await pulledByPodman(site, name)]).toEqual([name, digests.get(name) ?? appDigest]);
  await pullByContainerd(site, digests, [app, docker, byDigest(app, appDigest)]);
  await pullByHelm(site, digests.get(chart) ?? '');
}, 180_000);

/** The side with a network: a registry, and an ISO image of what is in it, with the tool. */
async function stick() {
  const registryOfOrigin = await startDockerRegistry();
  onTestFinished(async () => await registryOfOrigin.stop());
  const { host } = registryOfOrigin;
  const blobs = new MemoryBlobs();
  const own = addImage(blobs, noise(3_000_000, 1));
  const arm64 = addImage(blobs, 'arm64', { platform: { os: 'linux', architecture: 'arm64' } });
  const origin = `http://${host}`;
  const push = async (name: string, root: Descriptor) => {
    const [repository = '', tag = ''] = name.split(':');
    await pushImage({ origin, repository }, blobs, { root, tag });
  };
  await push(app, addIndex(blobs, [own, arm64]));
  await push(docker, addImage(blobs, 'nginx', { docker: true }));
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'thing-1.2.3.tgz'), await sampleChart('thing', '1.2.3'));
  await helm(cwd, 'push', 'thing-1.2.3.tgz', `oci://${host}/charts`, '--plain-http');

  const content = ['--image', `${host}/${app}`, '--image', `${host}/${docker}`];
  const charts = ['--chart', `oci://${host}/${chart}`];
  const names = ['--map', `${host}=${registry}`, '--plain-http', host];
  const made = ['--iso', '--include-tool', tool, '--output', 'edge.tar.zst'];
  const args = ['build', ...content, ...charts, ...names, ...made];
  const { iso } = await runCliJson<{ iso: CreatedIso }>(args, { cwd });
  const digests = new Map<string, Digest>();
  for (const name of [app, docker, chart]) digests.set(name, await digestAt(origin, name));
  return { iso: join(cwd, iso.path), digests, origin: host };
}

/** Of the bytes that a registry has under a tag. */
async function digestAt(origin: string, name: string): Promise<Digest> {
  const [repository = '', tag = ''] = name.split(':');
  const accept = [mediaTypes.ociIndex, mediaTypes.ociManifest, mediaTypes.dockerManifest].join(', ');
  const answer = await fetch(`${origin}/v2/${repository}/manifests/${tag}`, { headers: { accept } });
  expect(answer.status).toBe(200);
  return digestOf(new Uint8Array(await answer.arrayBuffer()));
}

interface Site {
  /** What came off the stick, and all that is made. */
  readonly folder: string;
  readonly iso: string;
  readonly enter: Enter;
  readonly run: (program: string, ...args: readonly string[]) => Promise<string>;
}

/** A machine without a way out, and the tool off the stick, as somebody copies it who has mounted that. */
async function plugIn(iso: string): Promise<Site> {
  const folder = await temporaryFolder();
  await run(requireTool('bsdtar'), ['-x', '-f', iso, '-C', folder, 'palette-edge']);
  // As it is mounted: bsdtar minds the umask.
  await chmod(join(folder, 'palette-edge'), 0o555);
  const enter = await startLoneNetwork();
  const env = { HOME: folder, PATH: process.env['PATH'] };
  return {
    folder,
    iso,
    enter,
    run: async (program, ...args) => {
      const [entered, all] = enter(program, ...args);
      return (await run(entered, [...all], { cwd: folder, env, encoding: 'utf8' })).stdout;
    },
  };
}

/** Serves until the test ends, and tells how to ask for it: `serve` knows no Node and no other program. */
async function serve({ folder, iso, enter }: Site): Promise<void> {
  const [program, args] = enter(join(folder, 'palette-edge'), 'serve', iso, '--listen', served);
  const server = spawn(program, [...args], { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(server, 'close');
  onTestFinished(async () => {
    server.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });
  await new Promise<void>((resolve, reject) => {
    let shown = '';
    for (const stream of [server.stdout, server.stderr])
      stream.on('data', (text: Buffer) => {
        shown += String(text);
        if (shown.endsWith('over plain HTTP\n')) resolve();
      });
    server.once('close', () => reject(new Error(`it ended before it served anything: ${shown}`)));
  });
}

function byDigest(name: string, digest: string): string {
  return `${name.replace(/:.*/, '')}@${digest}`;
}

/** The digest of the one image in a layout, after all that it names has been read again. */
async function rootIn(layout: string): Promise<Digest> {
  const index: { manifests: [Descriptor] } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  const [{ digest }] = index.manifests;
  expect(digestOf(await readFile(join(layout, 'blobs/sha256', digestHex(digest))))).toBe(digest);
  return digest;
}

async function pulledBySkopeo(site: Site, name: string): Promise<Digest> {
  const layout = join(await temporaryFolder(), 'layout');
  const flags = ['copy', '--all', '--preserve-digests', '--src-tls-verify=false'];
  await site.run(
    requireTool('skopeo'),
    ...flags,
    `docker://${served}/${registry}/${name}`,
    `oci:${layout}:x`,
  );
  return await rootIn(layout);
}

async function pulledByCrane(site: Site, name: string): Promise<Digest> {
  const layout = join(await temporaryFolder(), 'layout');
  await site.run(
    goProgram('crane'),
    'pull',
    '--insecure',
    '--format=oci',
    `${served}/${registry}/${name}`,
    layout,
  );
  return await rootIn(layout);
}

async function pulledByPodman(site: Site, name: string): Promise<string> {
  const storage = ['--root', join(site.folder, 'podman'), '--runroot', join(site.folder, 'podman-run')];
  const podman = async (...args: readonly string[]) =>
    await site.run(requireTool('podman'), ...storage, '--storage-driver', 'vfs', ...args);
  const full = `${served}/${registry}/${name}`;
  await podman('pull', '--quiet', '--tls-verify=false', full);
  return (await podman('image', 'inspect', '--format', '{{.Digest}}', full)).trim();
}

/** With the configuration that `serve` prints, under the original names. */
async function pullByContainerd(
  site: Site,
  digests: ReadonlyMap<string, Digest>,
  names: readonly string[],
): Promise<void> {
  const files = ['--advertise', `http://${served}`, '--config-folder', 'client'];
  const printed = ['serve', site.iso, '--print-config', 'containerd', ...files];
  await site.run(join(site.folder, 'palette-edge'), ...printed);
  const address = await startContainerd(site.enter);
  const ctr = async (...args: readonly string[]) =>
    await site.run(requireTool('ctr'), '-a', address, 'images', ...args);
  const hosts = join(site.folder, 'client/etc/containerd/certs.d');
  for (const name of names) {
    const full = `${registry}/${name}`;
    const flags = ['--hosts-dir', hosts, '--snapshotter', 'native', '--platform', 'linux/amd64'];
    await ctr('pull', ...flags, full);
    expect(await ctr('ls', `name==${full}`)).toContain(digests.get(name) ?? name.replace(/.*@/, ''));
  }
}

async function pullByHelm(site: Site, digest: string): Promise<void> {
  const archive = await sampleChart('thing', '1.2.3');
  const from = `oci://${served}/${registry}/charts/thing`;
  for (const asked of [[from, '--version', '1.2.3'], [`${from}@${digest}`]]) {
    const folder = await temporaryFolder();
    await site.run(goProgram('helm'), 'pull', ...asked, '--plain-http', '--destination', folder);
    // Helm calls what it asked for by digest after that.
    const [file = '', ...others] = await readdir(folder);
    expect(digestOf(await readFile(join(folder, file)))).toBe(digestOf(archive));
    expect(others).toEqual([]);
  }
}
