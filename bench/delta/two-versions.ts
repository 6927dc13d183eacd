import { join } from 'node:path';

import { buildLayer, fileDigest } from '../pull/debian-layers.ts';
import type { BuiltLayer } from '../pull/debian-layers.ts';
import { imageRecipes } from '../pull/image-recipes.ts';
import { assemble, imagePlan, imageSet } from '../pull/image-set.ts';
import type { BenchImage } from '../pull/image-set.ts';
import { goProgram } from './go-program.ts';
import { olderPackages } from './older-packages.ts';

/** What a site has, and what it is to have. */
export interface TwoVersions {
  readonly before: readonly BenchImage[];
  readonly after: readonly BenchImage[];
  /** Packages of the base layer that are updated, as `NAME OLD → NEW`. */
  readonly updates: readonly string[];
}

/**
 * Version 2 is the set of bench/pull, with another line in a config file of one image, and one more image: a Go program. In version 1 the base
 * layer, which is in all images, has the packages that Debian has updated since, and one line of the Go program is another.
 *
 * @param imageCount only so many of the first images
 */
export async function twoVersions(
  cache: string,
  { leastBytes, imageCount }: { readonly leastBytes: number; readonly imageCount: number | undefined },
): Promise<TwoVersions> {
  const { images } = await imageSet(cache, leastBytes);
  const set = images.slice(0, imageCount ?? images.length);
  const { layer: olderBase, updates } = await olderBaseLayer(cache);
  const [oldProgram, newProgram] = await programLayers(cache);
  const newBase = set.at(0)?.layers.at(0);
  if (newBase === undefined) throw new Error('the set has no images');
  const programImage = (base: BuiltLayer, layer: BuiltLayer): BenchImage =>
    assemble('go-program', [base, layer]);
  return {
    before: [
      ...set.map((image) => assemble(image.name, replaced(image.layers, newBase, olderBase))),
      programImage(olderBase, oldProgram),
    ],
    after: [
      ...(await Promise.all(
        set.map(async (image, index) => (index === 1 ? await withOtherConfig(cache, image) : image)),
      )),
      programImage(newBase, newProgram),
    ],
    updates,
  };
}

async function olderBaseLayer(
  cache: string,
): Promise<{ readonly layer: BuiltLayer; readonly updates: readonly string[] }> {
  const recipe = imageRecipes.at(0);
  const content = recipe === undefined ? undefined : (await imagePlan(cache, recipe)).layers.at(0);
  if (content === undefined || !('packages' in content)) throw new Error('the first layer has no packages');
  const { packages, updates } = await olderPackages(content.packages, join(cache, 'debs'));
  if (updates.length === 0) throw new Error('apt lists no older version of any package: run apt-get update');
  return { layer: await buildLayer(cache, { packages }), updates };
}

async function programLayers(cache: string): Promise<readonly [BuiltLayer, BuiltLayer]> {
  const [before, after] = await goProgram(cache);
  const layerWith = async (path: string): Promise<BuiltLayer> =>
    await buildLayer(cache, {
      copies: { 'usr/local/bin/helm': { path, digest: await fileDigest(path) } },
    });
  return [await layerWith(before), await layerWith(after)];
}

/** The layer before the topmost one is the config file: see `imageRecipes`. */
async function withOtherConfig(cache: string, { name, layers }: BenchImage): Promise<BenchImage> {
  const config = layers.at(-2);
  if (config === undefined) throw new Error(`${name} has no config file`);
  const text = `name: ${name}\nlisten: 127.0.0.1:8080\n`;
  const changed = await buildLayer(cache, { files: { [`etc/${name}/config.yaml`]: text } });
  return assemble(name, replaced(layers, config, changed));
}

function replaced(layers: readonly BuiltLayer[], old: BuiltLayer, other: BuiltLayer): BuiltLayer[] {
  return layers.map((layer) => (layer.digest === old.digest ? other : layer));
}
