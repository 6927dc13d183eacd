import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cosignTags, fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import type { Mirrors } from '../../src/registry/route.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { pinCompanions } from '../../src/workflows/pin-companions.ts';
import type { CompanionLimits } from '../../src/workflows/pin-companions.ts';
import type { PinnedImage } from '../../src/workflows/pin-images.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { startServer } from '../support/loopback-server.ts';
import { pullingClient } from '../support/pulling-client.ts';
import { pushImage } from '../support/push-image.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addSbom, addSignature } from '../support/sample-companions.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const arm64 = { os: 'linux', architecture: 'arm64' };

async function pinned(blobs: MemoryBlobs, text: string, root: Descriptor): Promise<PinnedImage> {
  const reference = parseReference(text);
  const graph = await graphOf(blobs, root, [{ os: 'linux', architecture: 'amd64' }]);
  return { reference, name: formatReference(reference), origins: [{ kind: 'flag' }], graph };
}

interface FindOptions {
  readonly signal?: AbortSignal;
  readonly limits?: CompanionLimits;
  readonly mirrors?: Mirrors;
}

async function find(images: readonly PinnedImage[], options: FindOptions = {}) {
  const { signal = new AbortController().signal, limits, mirrors } = options;
  const { client } = pullingClient({ mirrors });
  const store = await BlobStore.open(join(await temporaryFolder(), 'store'));
  const received = { bytes: 0 };
  const found = await pinCompanions(images, { registry: client, store, signal, received }, limits);
  const companions = found.images.slice(images.length);
  return { ...found, companions, names: companions.map(({ name }) => name), received };
}

/** What is pushed by name: a tag, or the digest where it is undefined. */
async function pushAll(origin: string, blobs: MemoryBlobs, pushes: readonly [Descriptor, string?][]) {
  for (const [root, tag] of pushes) {
    await pushImage({ origin, repository: 'org/app' }, blobs, { root, tag: tag ?? root.digest });
  }
}

/** An index with two platforms of which one is kept, a signature of each, an SBOM of the root and its signature. */
function signedImage() {
  const blobs = new MemoryBlobs();
  const kept = addImage(blobs, 'amd64');
  const omitted = addImage(blobs, 'arm64', { platform: arm64 });
  const root = addIndex(blobs, [kept, omitted]);
  const sbom = addSbom(blobs, root);
  const signatures = [root, kept, omitted, sbom].map((subject): [Descriptor, string] => [
    addSignature(blobs, subject.digest),
    `${fallbackTag(subject.digest)}.sig`,
  ]);
  return { blobs, root, kept, omitted, sbom, signatures };
}

describe('with the referrers API', () => {
  test('tags of cosign and referrers are found, of the root and the kept platform, and theirs', async () => {
    const { host, origin, records } = await runningRegistry();
    const { blobs, root, kept, omitted, sbom, signatures } = signedImage();
    await pushAll(origin, blobs, [[root, '1.0'], [sbom], ...signatures]);
    records.length = 0;
    const image = await pinned(blobs, `${host}/org/app:1.0`, root);
    const { companions, names, images, warnings, received } = await find([image]);
    expect(images[0]).toEqual(image);
    expect(names).toEqual(
      [
        `${host}/org/app:${fallbackTag(root.digest)}.sig`,
        `${host}/org/app:${fallbackTag(kept.digest)}.sig`,
        `${host}/org/app:${fallbackTag(sbom.digest)}.sig`,
        `${host}/org/app@${sbom.digest}`,
      ].toSorted(),
    );
    expect(names.join()).not.toContain(omitted.digest.slice(7));
    const originsOf = (name: string) => companions.find((companion) => companion.name === name)?.origins;
    expect(originsOf(`${host}/org/app@${sbom.digest}`)).toEqual([
      { kind: 'referrer', of: image.name, subject: root.digest },
    ]);
    expect(originsOf(`${host}/org/app:${fallbackTag(sbom.digest)}.sig`)).toEqual([
      { kind: 'referrer', of: `${host}/org/app@${sbom.digest}`, subject: sbom.digest },
    ]);
    expect(warnings).toEqual([]);
    expect(received.bytes).toBeGreaterThan(0);
    expect(companions.every(({ graph }) => graph.blobs.length === 3)).toBe(true);
  });

  test('each manifest costs one request for referrers and three for tags, however many images share it', async () => {
    const { host, origin, records } = await runningRegistry();
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    await pushAll(origin, blobs, [
      [root, '1.0'],
      [root, '1.1'],
    ]);
    records.length = 0;
    const images = [
      await pinned(blobs, `${host}/org/app:1.0`, root),
      await pinned(blobs, `${host}/org/app:1.1`, root),
    ];
    expect((await find(images)).names).toEqual([]);
    const asked = records
      .map(({ method, path }) => `${method} ${path}`)
      .filter((line) => !line.endsWith('/v2/'));
    expect(asked.toSorted()).toEqual(
      [
        `GET /v2/org/app/referrers/${root.digest}`,
        ...cosignTags(root.digest).map((tag) => `HEAD /v2/org/app/manifests/${tag}`),
      ].toSorted(),
    );
  });

  test('a companion of two images belongs to both', async () => {
    const { host, origin } = await runningRegistry();
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sbom = addSbom(blobs, root);
    await pushAll(origin, blobs, [[root, '1.0'], [root, '1.1'], [sbom]]);
    const images = [
      await pinned(blobs, `${host}/org/app:1.0`, root),
      await pinned(blobs, `${host}/org/app:1.1`, root),
    ];
    const { companions } = await find(images);
    expect(companions).toHaveLength(1);
    expect(companions[0]?.origins).toEqual(
      images.map(({ name }) => ({ kind: 'referrer', of: name, subject: root.digest })),
    );
  });

  test('a companion that was asked for too is that image, and says whose companion it is', async () => {
    const { host, origin } = await runningRegistry();
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sbom = addSbom(blobs, root);
    await pushAll(origin, blobs, [[root, '1.0'], [sbom]]);
    const app = await pinned(blobs, `${host}/org/app:1.0`, root);
    const asked = await pinned(blobs, `${host}/org/app@${sbom.digest}`, sbom);
    const { images, companions } = await find([app, asked]);
    expect(companions).toEqual([]);
    expect(images[1]?.origins).toEqual([
      { kind: 'flag' },
      { kind: 'referrer', of: app.name, subject: root.digest },
    ]);
  });

  test('what is nested too deeply is left out, with a warning', async () => {
    const { host, origin } = await runningRegistry();
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const chain = [root];
    for (let depth = 1; depth <= 6; depth += 1) {
      chain.push(addSbom(blobs, chain.at(-1) ?? root, `SBOM ${depth}`));
    }
    await pushAll(origin, blobs, [[root, '1.0'], ...chain.slice(1).map((each): [Descriptor] => [each])]);
    const image = await pinned(blobs, `${host}/org/app:1.0`, root);
    const { names, warnings } = await find([image]);
    const expected = chain.slice(1, 5).map(({ digest }) => `${host}/org/app@${digest}`);
    expect(names).toEqual(expected.toSorted());
    expect(warnings).toEqual([
      {
        code: 'TOO_MANY_COMPANIONS',
        message: `${image.name} has companions nested more than 4 deep; the rest is left out`,
      },
    ]);
  });

  test('more companions of one image than allowed are left out, with a warning', async () => {
    const { host, origin } = await runningRegistry();
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sboms = ['one', 'two', 'three'].map((name) => addSbom(blobs, root, name));
    const signatures = sboms.map((sbom): [Descriptor] => [addSbom(blobs, sbom, 'signature')]);
    await pushAll(origin, blobs, [
      [root, '1.0'],
      ...sboms.map((sbom): [Descriptor] => [sbom]),
      ...signatures,
    ]);
    const image = await pinned(blobs, `${host}/org/app:1.0`, root);
    const countOf = async (count: number) => {
      const { names, warnings } = await find([image], { limits: { depth: 4, count } });
      return [names.length, ...warnings.map(({ message }) => message)];
    };
    expect(await countOf(6)).toEqual([6]);
    const tooMany = (count: number) =>
      `${image.name} has more than ${count} companions; the rest is left out`;
    expect(await countOf(5)).toEqual([5, tooMany(5)]);
    expect(await countOf(2)).toEqual([2, tooMany(2)]);
  });

  test('a mirror that lists none is no authority: the registry itself is asked', async () => {
    const { host, origin } = await runningRegistry();
    const mirror = await runningRegistry();
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sbom = addSbom(blobs, root);
    const signature = addSignature(blobs, root.digest);
    const tag = `${fallbackTag(root.digest)}.sig`;
    await pushAll(mirror.origin, blobs, [[root, '1.0']]);
    await pushAll(origin, blobs, [[root, '1.0'], [sbom], [signature, tag]]);
    const image = await pinned(blobs, `${host}/org/app:1.0`, root);
    const prefix = { original: { registry: host, path: '' }, mirror: { registry: mirror.host, path: '' } };
    const { names, warnings } = await find([image], {
      mirrors: { prefixes: [prefix], registries: new Map() },
    });
    expect(names).toEqual([`${host}/org/app:${tag}`, `${host}/org/app@${sbom.digest}`]);
    expect(warnings).toEqual([]);
    expect(mirror.records.map(({ path }) => path)).toContain(`/v2/org/app/referrers/${root.digest}`);
  });
});

describe('without the API, in a docker-registry', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(async () => await registry.stop());

  test('the list under the fallback tag and what it names are found, and the tags of cosign', async () => {
    const { blobs, root, kept, sbom, signatures } = signedImage();
    const list = addIndex(blobs, [sbom]);
    const pushes: [Descriptor, string?][] = [[root, '1.0'], [sbom], [list, fallbackTag(root.digest)]];
    await pushAll(`http://${registry.host}`, blobs, [...pushes, ...signatures]);
    const image = await pinned(blobs, `${registry.host}/org/app:1.0`, root);
    const { companions, names, warnings } = await find([image]);
    const repository = `${registry.host}/org/app`;
    expect(names).toEqual(
      [
        `${repository}:${fallbackTag(root.digest)}`,
        `${repository}:${fallbackTag(root.digest)}.sig`,
        `${repository}:${fallbackTag(kept.digest)}.sig`,
        `${repository}:${fallbackTag(sbom.digest)}.sig`,
        `${repository}@${sbom.digest}`,
      ].toSorted(),
    );
    const carried = companions.find(({ name }) => name === `${repository}:${fallbackTag(root.digest)}`);
    expect(carried?.graph.root.digest).toBe(list.digest);
    expect(carried?.graph.blobs.map(({ descriptor }) => descriptor.digest)).toContain(sbom.digest);
    expect(warnings).toEqual([]);
  });
});

interface ServedDocument {
  readonly body: string | Buffer;
  readonly type?: string;
}

/** A registry of documents by path below `/v2/org/app/`; what is not there is 404. */
async function documentServer(documents: ReadonlyMap<string, ServedDocument>) {
  return await startServer(({ url = '', method }, response) => {
    const found = documents.get(decodeURIComponent(url.slice('/v2/org/app/'.length)));
    if (found === undefined) {
      response.writeHead(url === '/v2/' ? 200 : 404).end();
      return;
    }
    const { body, type = mediaTypes.ociIndex } = found;
    const headers = {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'docker-content-digest': digestOf(body),
    };
    response.writeHead(200, headers).end(method === 'HEAD' ? undefined : body);
  });
}

function listOf(manifests: readonly Descriptor[]): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
}

describe('registries that are of no help', () => {
  test('a registry that refuses to say is a warning that names the image, and the image stays', async () => {
    const { host } = await startServer((_, response) => response.writeHead(403).end());
    const blobs = new MemoryBlobs();
    const image = await pinned(blobs, `${host}/org/app:1.0`, addImage(blobs, 'app'));
    const { images, warnings } = await find([image]);
    expect(images).toEqual([image]);
    expect(warnings).toMatchObject([{ code: 'REFERRERS_UNKNOWN' }]);
    const [{ message } = { message: '' }] = warnings;
    expect(message).toContain(`not all companions of ${image.name} are known: `);
    expect(message).toContain('answered 403');
    expect(message).toMatch(/; and 3 more like it$/);
  });

  test('a companion that is listed but not there is left out with a warning, and the others are kept', async () => {
    const { host, origin } = await runningRegistry();
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sbom = addSbom(blobs, root);
    const gone = { mediaType: mediaTypes.ociManifest, digest: digestOf('gone'), size: 4 };
    const other = { mediaType: 'text/\u001bplain', digest: digestOf('other'), size: 5 };
    await pushAll(origin, blobs, [[root, '1.0'], [sbom]]);
    const proxy = await startServer(({ url = '', method }, response) => {
      void (async () => {
        if (url.includes(`/referrers/${root.digest}`)) {
          response.writeHead(200, { 'content-type': mediaTypes.ociIndex }).end(listOf([gone, other, sbom]));
          return;
        }
        const answer = await fetch(new URL(url, origin), { method });
        const body = Buffer.from(await answer.arrayBuffer());
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
      })();
    });
    expect(host).not.toBe(proxy.host);
    const image = await pinned(blobs, `${proxy.host}/org/app:1.0`, root);
    const { names, warnings } = await find([image]);
    expect(names).toEqual([`${proxy.host}/org/app@${sbom.digest}`]);
    expect(warnings.map(({ code }) => code)).toEqual(['COMPANION_LEFT_OUT', 'REFERRERS_UNKNOWN']);
    expect(warnings[0]?.message).toContain(`${gone.digest}, a companion of ${image.name}, is left out: `);
    expect(warnings[1]?.message).toContain('its media type is "text/\\u001bplain"');
  });

  test('a list of which something is not there is left out, and what is there is kept', async () => {
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sbom = addSbom(blobs, root);
    const gone = { mediaType: mediaTypes.ociManifest, digest: digestOf('gone'), size: 4 };
    const list = listOf([sbom, gone]);
    const { host } = await documentServer(
      new Map<string, ServedDocument>([
        [`manifests/${fallbackTag(root.digest)}`, { body: list }],
        [`manifests/${digestOf(list)}`, { body: list }],
        [`manifests/${sbom.digest}`, { body: blobs.get(sbom.digest), type: sbom.mediaType }],
      ]),
    );
    const { names, warnings } = await find([await pinned(blobs, `${host}/org/app:1.0`, root)]);
    expect(names).toEqual([`${host}/org/app@${sbom.digest}`]);
    expect(warnings.map(({ code }) => code)).toEqual(['COMPANION_LEFT_OUT', 'COMPANION_LEFT_OUT']);
  });

  test('a registry that takes the fallback tag for the digest has no list', async () => {
    const blobs = new MemoryBlobs();
    const root = addIndex(blobs, [addImage(blobs, 'app')]);
    const body = blobs.get(root.digest);
    const { host } = await documentServer(new Map([[`manifests/${fallbackTag(root.digest)}`, { body }]]));
    const { names, warnings } = await find([await pinned(blobs, `${host}/org/app:1.0`, root)]);
    expect({ names, warnings }).toEqual({ names: [], warnings: [] });
  });

  test('a registry that calls an image its own companion, or two each other’s, is not followed for ever', async () => {
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const one = addSbom(blobs, root, 'one');
    const two = addSbom(blobs, root, 'two');
    const manifest = ({ digest, mediaType }: Descriptor) =>
      [`manifests/${digest}`, { body: blobs.get(digest), type: mediaType }] as const;
    const { host } = await documentServer(
      new Map<string, ServedDocument>([
        [`referrers/${root.digest}`, { body: listOf([root, one]) }],
        [`referrers/${one.digest}`, { body: listOf([two, one, root]) }],
        [`referrers/${two.digest}`, { body: listOf([one, two]) }],
        ...[root, one, two].map(manifest),
      ]),
    );
    const { names } = await find([await pinned(blobs, `${host}/org/app:1.0`, root)]);
    expect(names).toEqual([one, two].map(({ digest }) => `${host}/org/app@${digest}`).toSorted());
  });

  test('more referrers than anybody has are cut, with a warning', async () => {
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'app');
    const sboms = Array.from({ length: 101 }, (_, position) => addSbom(blobs, root, String(position)));
    const { host } = await documentServer(
      new Map<string, ServedDocument>([
        [`referrers/${root.digest}`, { body: listOf(sboms) }],
        ...sboms.map(
          ({ digest, mediaType }) =>
            [`manifests/${digest}`, { body: blobs.get(digest), type: mediaType }] as const,
        ),
      ]),
    );
    const { names, warnings } = await find([await pinned(blobs, `${host}/org/app:1.0`, root)]);
    expect(names).toHaveLength(100);
    expect(warnings[0]?.message).toContain('has more than 100 referrers');
  });
});

test('a list that names more than anybody has is left out, and the first of them are kept', async () => {
  const blobs = new MemoryBlobs();
  const root = addImage(blobs, 'app');
  const sboms = Array.from({ length: 101 }, (_, position) => addSbom(blobs, root, String(position)));
  const list = listOf(sboms);
  const { host } = await documentServer(
    new Map<string, ServedDocument>([
      [`manifests/${fallbackTag(root.digest)}`, { body: list }],
      [`manifests/${digestOf(list)}`, { body: list }],
      ...sboms.map(
        ({ digest, mediaType }) =>
          [`manifests/${digest}`, { body: blobs.get(digest), type: mediaType }] as const,
      ),
    ]),
  );
  const { names, warnings } = await find([await pinned(blobs, `${host}/org/app:1.0`, root)]);
  expect(names).toHaveLength(100);
  expect(names).not.toContain(`${host}/org/app:${fallbackTag(root.digest)}`);
  expect(warnings[0]?.message).toContain('has more than 100 referrers');
});

test('an interruption ends the search', async () => {
  const { host } = await startServer(() => undefined);
  const blobs = new MemoryBlobs();
  const image = await pinned(blobs, `${host}/org/app:1.0`, addImage(blobs, 'app'));
  const interruption = new AbortController();
  const search = find([image], { signal: interruption.signal });
  interruption.abort(new Error('interrupted'));
  await expect(search).rejects.toThrow('interrupted');
});
