import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { BundleContent } from '../../src/bundle/plan-bundle.ts';
import { digestOf } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { diffBundles } from '../../src/workflows/diff-bundles.ts';
import type { DiffResult } from '../../src/workflows/diff-bundles.ts';
import { makeIso } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { docker, multi, piped, richBundle, writtenBundle } from '../support/rich-bundle.ts';
import { imageToBundle, sampleBundle } from '../support/sample-bundle.ts';
import { sampleBundleWithCompanions } from '../support/sample-companions.ts';
import { addImage, graphOf } from '../support/sample-images.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function diff(before: string, after: string): Promise<DiffResult> {
  return await diffBundles({ path: before }, { path: after });
}

const nothing = { added: [], removed: [], moved: [] };
const single = 'quay.io/org/single:2';
const rich = await richBundle();
const changed = await richBundle(async (content, blobs): Promise<BundleContent> => {
  const { digest, size } = blobs.add('another model', '');
  const moved = await graphOf(blobs, addImage(blobs, 'another single'));
  return {
    ...content,
    images: [
      ...content.images.filter(({ reference: { repository } }) => !/single|nginx/.test(repository)),
      imageToBundle(single, moved),
      imageToBundle('quay.io/org/new:1', moved),
    ],
    rawFiles: [{ name: 'copy.bin', digest, size }],
  };
});

async function definitionFile(text: string, name = 'bundle-definition.yaml'): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, `definitionVersion: 1\n${text}`);
  return path;
}

test('what was added, removed and moved, and what has to be carried', async () => {
  const before = await writtenBundle(rich.bundle);
  const after = await writtenBundle(changed.bundle);
  const result = await diff(before, after);
  const digest = changed.digests.get(single);
  expect(result).toMatchObject({
    before: { path: before, kind: 'bundle', name: 'edge-demo', id: rich.bundle.plan.id },
    after: { path: after, kind: 'bundle', name: 'edge-demo', id: changed.bundle.plan.id },
    isSame: false,
    images: {
      added: [{ name: 'quay.io/org/new:1', digest }],
      removed: [{ name: docker, digest: rich.digests.get(docker) }],
      moved: [{ name: single, before: rich.digests.get(single), after: digest }],
      otherPlatforms: [],
    },
    charts: nothing,
    files: {
      added: [],
      removed: [{ name: 'models/model.bin', digest: digestOf(rich.model) }],
      moved: [{ name: 'copy.bin', before: digestOf(rich.model), after: digestOf('another model') }],
    },
  });
  const known = new Set(rich.bundle.plan.inventory.blobs.map((blob) => blob.digest));
  const own = changed.bundle.plan.inventory.blobs.filter((blob) => !known.has(blob.digest));
  // Manifest, config and layer of the image, and the file.
  expect(own).toHaveLength(4);
  expect(result.toShip).toEqual({ blobs: 4, bytes: own.reduce((sum, { size }) => sum + size, 0) });
  const back = await diff(after, before);
  expect(back.toShip).toEqual(result.leftBehind);
  expect(back.images.added).toEqual(result.images.removed);
});

test('a bundle is the same as itself, in parts and in an image', async () => {
  const folder = await temporaryFolder();
  const parts = await splitBundle(folder);
  const whole = await writtenBundle(await sampleBundle());
  const iso = await makeIso([whole], { output: join(folder, 'stick.iso') });
  for (const other of [whole, parts.path, `${parts.path}.parts.json`, iso.path]) {
    expect(await diff(whole, other)).toMatchObject({
      isSame: true,
      images: { ...nothing, otherPlatforms: [] },
      charts: nothing,
      files: nothing,
      toShip: { blobs: 0, bytes: 0 },
      leftBehind: { blobs: 0, bytes: 0 },
    });
  }
});

test('another name alone makes no difference', async () => {
  const named = await richBundle((content) => ({ ...content, name: 'other' }));
  const result = await diff(await writtenBundle(rich.bundle), await writtenBundle(named.bundle));
  expect(result.before.id).not.toBe(result.after.id);
  expect(result).toMatchObject({ isSame: true, toShip: { blobs: 0 } });
});

test('other platforms of the same index are told', async () => {
  const sparse = await richBundle(async (content, blobs) => ({
    ...content,
    images: await Promise.all(
      content.images.map(async (image) => {
        const isIndex = image.graph.images.length > 1;
        const amd64 = [{ os: 'linux', architecture: 'amd64' }];
        return isIndex ? { ...image, graph: await graphOf(blobs, image.graph.root, amd64) } : image;
      }),
    ),
  }));
  const result = await diff(await writtenBundle(sparse.bundle), await writtenBundle(rich.bundle));
  expect(result).toMatchObject({
    isSame: false,
    images: nothing,
    toShip: { blobs: 3 },
    leftBehind: { blobs: 0 },
  });
  expect(result.images.otherPlatforms[0]).toEqual({
    name: multi,
    before: ['linux/amd64'],
    after: ['linux/amd64', 'linux/arm64'],
  });
});

const archiveDigest = digestOf(rich.archive);
const chartLines = (digest: Digest, version = '1.2.3'): string => `
charts:
  - {repository: "https://charts.example.com/stable", name: web, wanted: ^1, version: ${version}, digest: "${digest}"}`;

test('a definition is compared with the bundle that was built from it', async () => {
  const images = [multi, docker, single].map(
    (name) => `  - {reference: "${name}", digest: "${rich.digests.get(name)}"}`,
  );
  const pinned = [...rich.digests.keys()].find((name) => name.includes('@'));
  const text = ['images:', ...images, `  - {reference: "${pinned}"}`].join('\n');
  const files = [
    'files:',
    '  - {path: model.bin, name: models/model.bin}',
    `  - {path: x, name: copy.bin, digest: "${digestOf(rich.model)}"}`,
  ].join('\n');
  const definition = await definitionFile(`${text}${chartLines(archiveDigest)}\n${files}\n`);
  const bundle = await writtenBundle(rich.bundle);
  for (const [left, right] of [
    [definition, bundle],
    [bundle, definition],
  ] as const) {
    const result = await diff(left, right);
    expect(result).toMatchObject({ isSame: true, charts: nothing, files: nothing });
    expect(result.toShip).toBeUndefined();
    expect(result.leftBehind).toBeUndefined();
  }
});

test('what a definition says otherwise is told', async () => {
  const other = digestOf('other');
  const definition = await definitionFile(
    `options: {exclude: ["**/multi:*"]}
images:
  - {reference: "${docker}", digest: "${other}"}
  - {reference: "${multi}"}
  - {reference: "quay.io/org/more:1"}${chartLines(other)}
`,
  );
  const result = await diff(definition, await writtenBundle(rich.bundle));
  expect(result.images.moved).toEqual([{ name: docker, before: other, after: rich.digests.get(docker) }]);
  expect(result.images.removed).toEqual([{ name: 'quay.io/org/more:1', digest: undefined }]);
  expect(result.images.added.map(({ name }) => name)).toContain(multi);
  expect(result.charts.moved).toMatchObject([{ name: 'web 1.2.3 (https://charts.example.com/stable)' }]);
});

test('a bundle whose images were renamed is compared by the names that its definition has', async () => {
  const renamed = await richBundle(async (content, blobs) => {
    const graph = await graphOf(blobs, addImage(blobs, 'single'));
    const image = imageToBundle('registry.site:5000/single:2', graph);
    return {
      ...content,
      images: [{ ...image, source: imageToBundle(single, graph).reference }],
      rawFiles: [],
    };
  });
  const definition = await definitionFile(`images:\n  - {reference: "${single}"}\n`, 'edge.yml');
  expect(await diff(definition, await writtenBundle(renamed.bundle))).toMatchObject({ isSame: true });
});

test('two definitions are compared, platforms too', async () => {
  const text = (platform: string) =>
    `options: {platforms: [${platform}]}\nimages:\n  - {reference: "${multi}"}\n`;
  const [amd64, arm64] = [
    await definitionFile(text('linux/amd64')),
    await definitionFile(text('linux/arm64')),
  ];
  expect(await diff(amd64, amd64)).toMatchObject({ isSame: true });
  expect((await diff(amd64, arm64)).images.otherPlatforms).toEqual([
    { name: multi, before: ['linux/amd64'], after: ['linux/arm64'] },
  ]);
});

test('companions are compared between bundles, and are in no definition', async () => {
  const signed = await writtenBundle(await sampleBundleWithCompanions());
  const definition = await definitionFile('images:\n  - {reference: "ghcr.io/org/app:1.0"}\n');
  expect(await diff(definition, signed)).toMatchObject({ isSame: true });
  const added = (await diff(await writtenBundle(rich.bundle), signed)).images.added;
  expect(added).toHaveLength(5);
});

test('what is neither is refused', async () => {
  const bundle = await writtenBundle(rich.bundle);
  const broken = await definitionFile('images: 1\n');
  expect(await rejection(diff(bundle, broken))).toMatchObject({ code: 'DEFINITION_INVALID' });
  expect(await rejection(diff(bundle, `${bundle}.missing`))).toMatchObject({ kind: 'notFound' });
});

test('a bundle that comes as a stream is compared as the file is', async () => {
  const [before, after] = [await writtenBundle(rich.bundle), await writtenBundle(changed.bundle)];
  const expected = await diff(before, after);
  const left = { path: before, stream: piped(rich.bundle.bytes) };
  expect(await diffBundles(left, { path: after })).toEqual(expected);
  // Whatever it is called, it is a bundle; and its end is not waited for.
  const { bytes } = changed.bundle;
  const right = { path: 'after.yaml', stream: piped(bytes.subarray(0, bytes.length - 100)) };
  const { after: described, ...rest } = await diffBundles({ path: before }, right);
  expect({ ...rest, after: { ...described, path: after } }).toEqual(expected);
});
