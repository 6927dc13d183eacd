import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { digestOf } from '../../src/oci/digest.ts';
import { runLimited } from '../../src/io/run-limited.ts';
import { buildLayer } from './debian-layers.ts';
import type { BuiltLayer, LayerContent } from './debian-layers.ts';
import { downloadPackages, missingPackages, packageClosure } from './debian-packages.ts';
import { changeRecipe, imageRecipes } from './image-recipes.ts';
import type { ImageRecipe } from './image-recipes.ts';

/** An image that can be pushed. */
export interface BenchImage {
  readonly name: string;
  readonly manifest: Buffer;
  readonly config: Buffer;
  readonly layers: readonly BuiltLayer[];
}

/** The images, and what changes before the second build. */
export interface ImageSet {
  readonly images: readonly BenchImage[];
  /** One of the images with one layer more. */
  readonly changed: BenchImage;
  /** Changes when a byte of any image does. */
  readonly digest: string;
}

interface ImagePlan {
  readonly name: string;
  readonly layers: readonly LayerContent[];
  /** All that the layers are made of, as apt is asked for it. */
  readonly roots: readonly string[];
}

/**
 * Makes the first images of the recipes until they hold so many bytes, or finds them in the cache. The packages' versions are
 * chosen once for a cache.
 */
export async function imageSet(cache: string, leastBytes: number): Promise<ImageSet> {
  await mkdir(cache, { recursive: true });
  const images: BenchImage[] = [];
  for (const recipe of imageRecipes) {
    images.push(await image(cache, recipe));
    const holdsChanged = images.some(({ name }) => name === changeRecipe.image);
    if (holdsChanged && blobBytes(images) >= leastBytes) break;
  }
  if (blobBytes(images) < leastBytes) {
    throw new Error(`all recipes together make ${blobBytes(images)} bytes, not ${leastBytes}`);
  }
  const recipe = imageRecipes.find(({ name }) => name === changeRecipe.image);
  if (recipe === undefined) throw new Error(`no recipe makes the image that changes, ${changeRecipe.image}`);
  const changed = await image(cache, { ...recipe, layers: [...recipe.layers, changeRecipe.layer] });
  const digest = digestOf(Buffer.concat([...images, changed].map(({ manifest }) => manifest)));
  return { images, changed, digest };
}

/** Digest → size of every manifest, config and layer of images, each once. */
export function blobsOf(images: readonly BenchImage[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { manifest, config, layers } of images) {
    for (const bytes of [manifest, config]) sizes.set(digestOf(bytes), bytes.length);
    for (const { digest, size } of layers) sizes.set(digest, size);
  }
  return sizes;
}

/** Bytes of everything that images name, each blob once. */
export function blobBytes(images: readonly BenchImage[]): number {
  return [...blobsOf(images).values()].reduce((sum, size) => sum + size, 0);
}

async function image(cache: string, recipe: ImageRecipe): Promise<BenchImage> {
  const plan = await imagePlan(cache, recipe);
  const debs = join(cache, 'debs');
  const needed = plan.layers.flatMap((layer) => ('packages' in layer ? layer.packages : []));
  if ((await missingPackages(needed, debs)).length > 0) {
    console.error(`${plan.name}: downloading packages`);
    await downloadPackages(plan.roots, debs);
  }
  const layers = await runLimited(
    plan.layers,
    { concurrency: 2, signal: new AbortController().signal },
    async (layer) => await buildLayer(cache, layer),
  );
  return assemble(plan.name, layers);
}

/** Which package goes into which layer; remembered, so that the set stays the same when the lists of apt are refreshed. */
export async function imagePlan(cache: string, recipe: ImageRecipe): Promise<ImagePlan> {
  const name = createHash('sha256').update(JSON.stringify(recipe)).digest('hex');
  const path = join(cache, 'plans', `${name}.json`);
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== undefined) {
    const plan: ImagePlan = JSON.parse(known);
    return plan;
  }
  const plan = await planImage(recipe);
  await mkdir(join(cache, 'plans'), { recursive: true });
  await writeFile(path, JSON.stringify(plan));
  return plan;
}

async function planImage({ name, layers, onePackagePerLayer }: ImageRecipe): Promise<ImagePlan> {
  const roots: string[] = [];
  const lower = new Set<string>();
  const planned: LayerContent[] = [];
  const top = layers.findLast((layer) => 'packages' in layer);
  for (const layer of layers) {
    if ('files' in layer) {
      planned.push(layer);
      continue;
    }
    roots.push(...layer.packages);
    const packages = (await packageClosure(roots)).filter(({ file }) => !lower.has(file));
    for (const { file } of packages) lower.add(file);
    const single = onePackagePerLayer === true && layer === top ? packages.slice(0, 60) : [];
    planned.push(...single.map((one) => ({ packages: [one] })));
    if (packages.length > single.length) planned.push({ packages: packages.slice(single.length) });
  }
  return { name, layers: planned, roots };
}

/** The manifest and config of an image. */
export function assemble(name: string, layers: readonly BuiltLayer[]): BenchImage {
  const config = json({
    created: '1970-01-01T00:00:00Z',
    architecture: 'amd64',
    os: 'linux',
    config: { Entrypoint: ['/usr/local/bin/entrypoint'], Labels: { 'org.opencontainers.image.title': name } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z' })),
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest,
      size,
    })),
  });
  return { name, manifest, config, layers };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
