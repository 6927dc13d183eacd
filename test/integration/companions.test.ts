import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { Digest } from '../../src/oci/digest.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { startServer } from '../support/loopback-server.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addSbom, addSignature, sbomType } from '../support/sample-companions.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const blobs = new MemoryBlobs();
const root = addImage(blobs, 'app');
const sbom = addSbom(blobs, root);
const signature = addSignature(blobs, root.digest);
const sbomSignature = addSignature(blobs, sbom.digest);
const list = addIndex(blobs, [sbom]);

const pushed: readonly [Descriptor, string][] = [
  [root, '1.0'],
  [sbom, sbom.digest],
  [signature, `${fallbackTag(root.digest)}.sig`],
  [sbomSignature, `${fallbackTag(sbom.digest)}.sig`],
];

async function pushAll(host: string, images = pushed): Promise<void> {
  const target = { origin: `http://${host}`, repository: 'org/app' };
  for (const [image, tag] of images) await pushImage(target, blobs, { root: image, tag });
}

function buildOf(host: string, ...more: readonly string[]): string[] {
  const args = ['build', '--image', `${host}/org/app:1.0`, '--plain-http', host, '--output', 'app.tar.zst'];
  return [...args, ...more];
}

function tagsIn({ images }: BuildResult): (string | undefined)[] {
  return images.map(({ reference }) => /\/org\/app[:@](.*)$/.exec(reference)?.[1]);
}

function shortened(digest: Digest): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}

describe('a registry with the referrers API', () => {
  test('--include-referrers carries signatures and SBOMs along; the bundle is whole and shows them', async () => {
    const { host } = await runningRegistry();
    await pushAll(host);
    const folder = await temporaryFolder();
    const { code, stdout, stderr } = await runCli(buildOf(host, '--include-referrers'), { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('companions of 1 image …') });
    expect(stderr).toMatch(/^ {2}images +1\n {2}companions +3$/m);
    expect(stdout).toMatch(/^ {2}images +1\n {2}companions +3$/m);
    const verified = await runCli(['verify', 'app.tar.zst'], { cwd: folder });
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('1 image, 3 companions, ') });
    const inspected = await runCli(['inspect', 'app.tar.zst'], { cwd: folder });
    const rows = inspected.stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split(/  +/).filter((cell) => cell !== ''));
    expect(rows.slice(rows.findIndex(([cell]) => cell === 'IMAGE'))).toEqual([
      ['IMAGE', 'DIGEST', 'PLATFORMS OR TYPE'],
      [`${host}/org/app:1.0`, shortened(root.digest), 'linux/amd64'],
      [`sha256-${shortened(root.digest)}….sig`, shortened(signature.digest), '-'],
      [`@sha256:${shortened(sbom.digest)}…`, shortened(sbom.digest), sbomType],
      [`sha256-${shortened(sbom.digest)}….sig`, shortened(sbomSignature.digest), '-'],
    ]);
  });

  test('without it only the image is in the bundle', async () => {
    const { host } = await runningRegistry();
    await pushAll(host);
    const result = await runCliJson<BuildResult>(buildOf(host), { cwd: await temporaryFolder() });
    expect(tagsIn(result)).toEqual(['1.0']);
    expect(result.plan.companions).toBeUndefined();
  });

  test('the same input gives the same bytes, and a warm store is enough', async () => {
    const { host, records } = await runningRegistry();
    await pushAll(host);
    const folder = await temporaryFolder();
    const build = async (...more: readonly string[]): Promise<Buffer> => {
      await runCliJson(buildOf(host, '--include-referrers', ...more), { cwd: folder });
      return await readFile(join(folder, 'app.tar.zst'));
    };
    const first = await build();
    records.length = 0;
    expect(first.equals(await build())).toBe(true);
    expect(records.filter(({ method, path }) => method === 'GET' && !path.includes('/referrers/'))).toEqual(
      [],
    );
    expect(first.equals(await build('--store', 'other', '--concurrency', '1'))).toBe(true);
  });

  test('a companion that cannot be pulled is left out with a warning, and what belongs to it too', async () => {
    const { host, origin } = await runningRegistry();
    await pushAll(host);
    const layer = blobs.get(sbom.digest).toString('utf8');
    const lost: { layers: { digest: string }[] } = JSON.parse(layer);
    const server = await startServer(({ url = '', method, headers }, response) => {
      void (async () => {
        const isLost = lost.layers.some(({ digest }) => url.endsWith(digest));
        const answer = await fetch(new URL(url, origin), {
          method,
          headers: { accept: headers.accept ?? '' },
        });
        const body = Buffer.from(await answer.arrayBuffer());
        const { status } = answer;
        if (isLost) response.writeHead(404).end();
        else response.writeHead(status, Object.fromEntries(answer.headers)).end(body);
      })();
    });
    const folder = await temporaryFolder();
    const result = await runCliJson<BuildResult>(buildOf(server.host, '--include-referrers'), {
      cwd: folder,
    });
    expect(tagsIn(result)).toEqual(['1.0', `${fallbackTag(root.digest)}.sig`]);
    expect(result.failures).toEqual([]);
    expect(result.warnings).toMatchObject([{ code: 'COMPANION_LEFT_OUT' }]);
    expect(result.warnings[0]?.message).toContain(
      `@${sbom.digest}, a companion of ${server.host}/org/app:1.0`,
    );
    const { code } = await runCli(['verify', 'app.tar.zst'], { cwd: folder });
    expect(code).toBe(0);
  });
});

describe('a docker-registry, which has no such API', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ login: { username: 'edge', password: 'edge' } });
  });
  afterAll(async () => await registry.stop());

  test('the list under the fallback tag is carried under its tag, with what it names', async () => {
    const authorization = `Basic ${Buffer.from('edge:edge').toString('base64')}`;
    const target = { origin: `http://${registry.host}`, repository: 'org/app', headers: { authorization } };
    for (const [image, tag] of [...pushed, [list, fallbackTag(root.digest)] as const]) {
      await pushImage(target, blobs, { root: image, tag });
    }
    const folder = await temporaryFolder();
    const auth = Buffer.from('edge:edge').toString('base64');
    const env = { REGISTRY_AUTH_FILE: join(folder, 'auth.json') };
    await writeFile(env.REGISTRY_AUTH_FILE, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const result = await runCliJson<BuildResult>(buildOf(registry.host, '--include-referrers'), {
      cwd: folder,
      env,
    });
    expect(tagsIn(result)).toEqual(
      [
        '1.0',
        fallbackTag(root.digest),
        `${fallbackTag(root.digest)}.sig`,
        `${fallbackTag(sbom.digest)}.sig`,
        sbom.digest,
      ].toSorted(),
    );
    expect(result.images.find(({ reference }) => reference.endsWith(fallbackTag(root.digest)))?.digest).toBe(
      list.digest,
    );
    expect(result.warnings).toEqual([]);
    const { code } = await runCli(['verify', 'app.tar.zst'], { cwd: folder });
    expect(code).toBe(0);
  });
});
