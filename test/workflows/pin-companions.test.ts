import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cosignTags, fallbackTag } from '../../src/oci/companion-tags.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { pushAll } from '../support/push-all.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { addSbom, addSignature } from '../support/sample-companions.ts';
import { addImage, addIndex, MemoryBlobs } from '../support/sample-images.ts';
import { findCompanions, pinned } from './find-companions.ts';

const arm64 = { os: 'linux', architecture: 'arm64' };

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
    const { companions, names, images, warnings, received } = await findCompanions([image]);
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
    expect((await findCompanions(images)).names).toEqual([]);
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
    const { companions } = await findCompanions(images);
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
    const { images, companions } = await findCompanions([app, asked]);
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
    const { names, warnings } = await findCompanions([image]);
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
      const { names, warnings } = await findCompanions([image], { limits: { depth: 4, count } });
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
    const { names, warnings } = await findCompanions([image], {
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
    const { companions, names, warnings } = await findCompanions([image]);
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
