import { describe, expect, test } from 'vitest';

import { serializeInventory } from '../../src/bundle/inventory.ts';
import { parseInventory } from '../../src/bundle/parse-inventory.ts';
import { planBundle } from '../../src/bundle/plan-bundle.ts';
import type { BundleContent, BundlePlan, ImageToBundle } from '../../src/bundle/plan-bundle.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import type { Origin } from '../../src/oci/origin.ts';
import { imageToBundle, sampleContent } from '../support/sample-bundle.ts';
import { sampleBundleWithCompanions, sbomType } from '../support/sample-companions.ts';
import { addImage, addIndex, graphOf, MemoryBlobs } from '../support/sample-images.ts';

const arm64 = { os: 'linux', architecture: 'arm64' };
const riscv = { os: 'linux', architecture: 'riscv64' };

test('the plan does not depend on the order of its input', async () => {
  const content = await sampleContent(new MemoryBlobs());
  const turned: BundleContent = {
    ...content,
    images: content.images.toReversed().map((image) => ({ ...image, origins: image.origins.toReversed() })),
    profiles: content.profiles.toReversed(),
    extras: content.extras?.toReversed(),
  };
  expect(planBundle(turned)).toEqual(planBundle(content));
});

test('another content has another id', async () => {
  const content = await sampleContent(new MemoryBlobs());
  const ids = [
    content,
    { ...content, name: 'other' },
    { ...content, images: content.images.slice(1) },
    { ...content, extras: [] },
  ];
  expect(new Set(ids.map((each) => planBundle(each).id)).size).toBe(4);
});

test('blobs are unique, small ones first, layers by size', async () => {
  const { inventory } = planBundle(await sampleContent(new MemoryBlobs()));
  const roles = inventory.blobs.map(({ role }) => role);
  expect(roles).toEqual([
    'index',
    ...Array.from({ length: 3 }, () => 'manifest'),
    ...Array.from({ length: 3 }, () => 'config'),
    ...Array.from({ length: 3 }, () => 'layer'),
  ]);
  const layers = inventory.blobs.filter(({ role }) => role === 'layer').map(({ size }) => size);
  expect(layers).toEqual(layers.toSorted((left, right) => right - left));
  expect(new Set(inventory.blobs.map(({ digest }) => digest)).size).toBe(inventory.blobs.length);
});

test('profiles that differ only in their packs are told of once, whatever their order', async () => {
  const content = await sampleContent(new MemoryBlobs());
  const a = { name: 'p', version: '1', type: 'add-on' };
  const b = { ...a, version: '2' };
  const { inventory } = planBundle({ ...content, profiles: [b, a, b] });
  expect(inventory.profiles).toEqual([a, b]);
  expect(parseInventory(serializeInventory(inventory)).profiles).toEqual([a, b]);
});

test('texts from outside are made fit for the inventory', async () => {
  const content = await sampleContent(new MemoryBlobs());
  const profiles = [{ name: 'a\u001bb', version: 'x'.repeat(5000), type: 'cluster' }];
  const { inventory } = planBundle({ ...content, profiles });
  expect(inventory.profiles[0]).toEqual({ name: 'a\uFFFDb', version: 'x'.repeat(1024), type: 'cluster' });
});

test('a sparse index keeps its digest and says which platforms are left out', async () => {
  const blobs = new MemoryBlobs();
  const root = addIndex(blobs, [addImage(blobs, 'a'), addImage(blobs, 'b', { platform: arm64 })]);
  const plan = await planOf(blobs, { 'ghcr.io/org/app:1': root }, [arm64]);
  expect(plan.inventory.images[0]).toMatchObject({
    digest: root.digest,
    platforms: ['linux/arm64'],
    omittedPlatforms: ['linux/amd64'],
  });
  expect(plan.inventory.blobs).toHaveLength(4);
});

test('a digest that is a layer here and a config there is in it once', async () => {
  const blobs = new MemoryBlobs();
  const empty = blobs.add('{}', mediaTypes.ociEmpty);
  const { ociManifest } = mediaTypes;
  const root = blobs.addJson({ schemaVersion: 2, config: empty, layers: [empty, empty] }, ociManifest);
  const plan = await planOf(blobs, { 'ghcr.io/org/artifact:1': root });
  expect(plan.inventory.blobs.map(({ role }) => role)).toEqual(['manifest', 'config']);
  expect(document(plan, 'manifest.json')).toEqual([]);
});

test('an image that discovery named needs a reader that knows of discoveries', async () => {
  const content = await sampleContent(new MemoryBlobs());
  const [image, others] = [content.images.at(0), content.images.slice(1)];
  if (image === undefined) throw new Error('the sample has no image');
  expect(planBundle(content).inventory.formatVersion).toBe(1);
  const origins: Origin[] = [{ kind: 'discovered', key: 'image', how: 'read' }];
  const images = [{ ...image, origins }, ...others];
  expect(planBundle({ ...content, images }).inventory.formatVersion).toBe(2);
});

describe('companions', () => {
  test('are images that belong to others, with their types, in format version 2', async () => {
    const { plan } = await sampleBundleWithCompanions();
    const { images, formatVersion } = plan.inventory;
    expect(formatVersion).toBe(2);
    expect(images.map(({ artifactType, origins }) => [artifactType, origins[0]?.kind])).toEqual([
      [undefined, 'flag'],
      // The list, the two signatures, which look like images, and the SBOM.
      ...Array.from({ length: 3 }, () => [undefined, 'referrer']),
      [sbomType, 'referrer'],
    ]);
  });

  test('are in index.json without names, and not in manifest.json', async () => {
    const { plan } = await sampleBundleWithCompanions();
    const index = document(plan, 'index.json');
    const [named, ...unnamed] = index.manifests;
    expect(named.annotations['org.opencontainers.image.ref.name']).toBe('ghcr.io/org/app:1.0');
    expect(unnamed).toHaveLength(4);
    expect(unnamed.filter((entry: object) => 'annotations' in entry)).toEqual([]);
    const loaded = document(plan, 'manifest.json');
    expect(loaded).toHaveLength(1);
  });

  test('that were asked for too are images as any other', async () => {
    const blobs = new MemoryBlobs();
    const image = imageToBundle('ghcr.io/org/app:1.0', await graphOf(blobs, addImage(blobs, 'app')));
    const subject = image.graph.root.digest;
    const other = await graphOf(blobs, addImage(blobs, 'both'));
    const both: ImageToBundle = {
      ...imageToBundle('ghcr.io/org/both:1', other),
      origins: [{ kind: 'referrer', of: 'ghcr.io/org/app:1.0', subject }, { kind: 'flag' }],
    };
    const plan = planBundle({ ...(await sampleContent(blobs)), images: [image, both] });
    expect(document(plan, 'manifest.json')).toHaveLength(2);
    expect(document(plan, 'index.json').manifests[1].annotations).toBeDefined();
  });
});

describe('index.json', () => {
  test('has one descriptor for each name: tag, and digest when it was pinned', async () => {
    const blobs = new MemoryBlobs();
    const root = addImage(blobs, 'x');
    const plan = await planOf(blobs, {
      [`nginx:1.27@${root.digest}`]: root,
      [`quay.io/a/b@${root.digest}`]: root,
    });
    expect(namesIn(plan)).toEqual([
      'docker.io/library/nginx:1.27',
      `docker.io/library/nginx@${root.digest}`,
      `quay.io/a/b@${root.digest}`,
    ]);
    expect(document(plan, 'index.json').manifests[0]).toEqual({
      mediaType: mediaTypes.ociManifest,
      digest: root.digest,
      size: root.size,
      annotations: {
        'io.containerd.image.name': 'docker.io/library/nginx:1.27',
        'org.opencontainers.image.ref.name': 'docker.io/library/nginx:1.27',
      },
    });
  });

  test('a plain tag wins over references that pin the same tag to another digest', async () => {
    const blobs = new MemoryBlobs();
    const [old, now] = [addImage(blobs, 'old'), addImage(blobs, 'now')];
    const plan = await planOf(blobs, { 'quay.io/a/b:1': now, [`quay.io/a/b:1@${old.digest}`]: old });
    const tagged = document(plan, 'index.json').manifests.filter(
      (entry: AnyJson) => nameOf(entry) === 'quay.io/a/b:1',
    );
    expect(tagged).toMatchObject([{ digest: now.digest }]);
    expect(namesIn(plan)).toContain(`quay.io/a/b@${old.digest}`);
  });

  test('a tag that only pinned references with different digests want names none of them', async () => {
    const blobs = new MemoryBlobs();
    const [one, two] = [addImage(blobs, 'one'), addImage(blobs, 'two')];
    const plan = await planOf(blobs, {
      [`quay.io/a/b:1@${one.digest}`]: one,
      [`quay.io/a/b:1@${two.digest}`]: two,
    });
    expect(namesIn(plan)).toEqual([one, two].map(({ digest }) => `quay.io/a/b@${digest}`).toSorted());
  });
});

describe('manifest.json', () => {
  test('chooses linux/amd64, else linux/arm64, else the first', async () => {
    const blobs = new MemoryBlobs();
    const amd = addImage(blobs, 'amd');
    const arm = addImage(blobs, 'arm', { platform: arm64 });
    const risc = addImage(blobs, 'risc', { platform: riscv });
    const chosen = async (manifests: Descriptor[]) =>
      document(await planOf(blobs, { 'quay.io/a/b:1': addIndex(blobs, manifests) }), 'manifest.json')[0]
        .Config;
    expect(await chosen([risc, arm, amd])).toBe(configPath(blobs, amd));
    expect(await chosen([risc, arm])).toBe(configPath(blobs, arm));
    expect(await chosen([risc])).toBe(configPath(blobs, risc));
  });

  test('merges the names of one image and has none for a digest', async () => {
    const blobs = new MemoryBlobs();
    const [shared, pinned] = [addImage(blobs, 'shared'), addImage(blobs, 'pinned')];
    const plan = await planOf(blobs, {
      'quay.io/a/b:1': shared,
      'quay.io/a/b:2': shared,
      [`quay.io/z/c@${pinned.digest}`]: pinned,
    });
    const entries = document(plan, 'manifest.json');
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({
      Config: configPath(blobs, shared),
      RepoTags: ['quay.io/a/b:1', 'quay.io/a/b:2'],
    });
    expect(entries[1]).not.toHaveProperty('RepoTags');
  });
});

test('a blob with two sizes is refused', async () => {
  const blobs = new MemoryBlobs();
  const one = await graphOf(blobs, addImage(blobs, 'x'));
  const layer = one.blobs.at(-1)!;
  const lying = {
    ...one,
    root: { ...one.root },
    blobs: [...one.blobs.slice(0, -1), { ...layer, descriptor: { ...layer.descriptor, size: 1 } }],
  };
  const images = [imageToBundle('quay.io/a/b:1', one), imageToBundle('quay.io/a/b:2', lying)];
  expect(() => planBundle(contentOf(images))).toThrow(
    expect.objectContaining({ code: 'BLOB_SIZE_CONFLICT' }),
  );
});

test('two images with the same plain tag, a bad name and bad paths are refused', async () => {
  const blobs = new MemoryBlobs();
  const [one, two] = [await graphOf(blobs, addImage(blobs, '1')), await graphOf(blobs, addImage(blobs, '2'))];
  const images = [imageToBundle('quay.io/a/b:1', one), imageToBundle('quay.io/a/b:1', two)];
  expect(() => planBundle(contentOf(images))).toThrow(
    expect.objectContaining({ code: 'IMAGE_NAME_CONFLICT' }),
  );
  const content = contentOf([]);
  expect(() => planBundle({ ...content, name: '../x' })).toThrow(
    expect.objectContaining({ code: 'BUNDLE_NAME_INVALID' }),
  );
  const extra = { path: 'palette-edge/a', bytes: Buffer.alloc(0) };
  expect(() => planBundle({ ...content, extras: [{ ...extra, path: 'a' }] })).toThrow(TypeError);
  expect(() => planBundle({ ...content, extras: [extra, extra] })).toThrow(TypeError);
});

test('a head that no reader would take is refused', () => {
  const extras = [{ path: 'palette-edge/big', bytes: Buffer.alloc(64 * 1024 * 1024) }];
  expect(() => planBundle({ ...contentOf([]), extras })).toThrow(
    expect.objectContaining({ code: 'BUNDLE_TOO_LARGE' }),
  );
});

async function planOf(
  blobs: MemoryBlobs,
  roots: Readonly<Record<string, Descriptor>>,
  platforms?: Parameters<typeof graphOf>[2],
): Promise<BundlePlan> {
  const images = Object.entries(roots).map(async ([text, root]) =>
    imageToBundle(text, await graphOf(blobs, root, platforms)),
  );
  return planBundle(contentOf(await Promise.all(images)));
}

function contentOf(images: BundleContent['images']): BundleContent {
  return { name: 'x', tool: { name: 'palette-edge', version: '0.1.0' }, profiles: [], images };
}

function document(plan: BundlePlan, path: string): AnyJson {
  const entry = plan.headEntries.find((each) => each.path === path);
  return JSON.parse(Buffer.from(entry!.bytes).toString());
}

function namesIn(plan: BundlePlan): string[] {
  return document(plan, 'index.json').manifests.map(nameOf);
}

function nameOf(entry: AnyJson): string {
  return entry.annotations['org.opencontainers.image.ref.name'];
}

function configPath(blobs: MemoryBlobs, manifest: Descriptor): string {
  return `blobs/sha256/${JSON.parse(blobs.get(manifest.digest).toString()).config.digest.slice(7)}`;
}

// oxlint-disable-next-line typescript/no-explicit-any -- documents are changed in ways no type allows
type AnyJson = any;
