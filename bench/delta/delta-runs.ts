import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { BenchImage } from '../pull/image-set.ts';
import { measuredRun } from '../pull/measured-run.ts';
import type { Figures } from '../pull/measured-run.ts';
import { imageReference } from '../pull/push-image.ts';
import { timedRun } from '../timed-run.ts';
import type { BenchPlace } from '../squeeze/bench-place.ts';

/** What all measurements work with. */
export type DeltaPlace = Omit<BenchPlace, 'images' | 'tarBytes'>;

/** A file that has to be carried, and what making it took. */
export interface MadeFile {
  readonly name: string;
  /** Absent when it could not be made: then the name says why. */
  readonly bytes?: number;
  readonly figures?: Figures;
}

/** A bundle. */
export interface MadeBundle extends MadeFile {
  readonly path: string;
  readonly bytes: number;
  readonly figures: Figures;
}

/** Builds a bundle of images with an empty store, with `base` a delta bundle. No layer is known from before. */
export async function buildBundle(
  place: DeltaPlace,
  name: string,
  { images, base }: { readonly images: readonly BenchImage[]; readonly base?: MadeBundle },
): Promise<MadeBundle> {
  const folder = await emptyFolder(place, name);
  const references = images.map((image) => imageReference(place.host, image));
  await writeFile(join(folder, 'images.txt'), `${references.join('\n')}\n`);
  const flags = `--images-file images.txt --plain-http ${place.host} --store store --output made.tar.zst`;
  const against = base === undefined ? '' : ` --base ${base.path}`;
  const bundle = await made(place, { name, folder, script: `build ${flags}${against}` });
  await rm(join(folder, 'store'), { recursive: true });
  return bundle;
}

/** Squeezes a plain bundle with the usual effort. */
export async function squeezeBundle(place: DeltaPlace, { path }: MadeBundle): Promise<MadeBundle> {
  const name = 'palette-edge squeeze';
  const folder = await emptyFolder(place, name);
  return await made(place, { name, folder, script: `squeeze ${path} --output made.tar.zst` });
}

/** What having the new bundle at the site took. */
export interface AppliedDelta {
  readonly figures: Figures;
  /** Of the new plain bundle. */
  readonly bytes: number;
}

/**
 * Makes the new bundle of the old one and the delta.
 *
 * @throws Error when it is not byte for byte the one that was built
 */
export async function applyDelta(
  place: DeltaPlace,
  { old, delta, plain }: Readonly<Record<'old' | 'delta' | 'plain', MadeBundle>>,
): Promise<AppliedDelta> {
  const folder = await emptyFolder(place, 'apply');
  const script = `apply ${delta.path} --base ${old.path} --output made.tar.zst`;
  const { path, figures, bytes } = await made(place, { name: 'palette-edge apply', folder, script });
  await timedRun(['cmp', plain.path, path], { cwd: folder });
  return { figures, bytes };
}

async function made(
  place: DeltaPlace,
  { name, folder, script }: { readonly name: string; readonly folder: string; readonly script: string },
): Promise<MadeBundle> {
  const figures = await measuredRun(`timeout ${place.limit} ${place.ours} ${script}`, folder, place.path);
  const path = join(folder, 'made.tar.zst');
  const { size: bytes } = await stat(path);
  console.error(`${name}: ${bytes} bytes, ${figures.seconds.toFixed(1)} s`);
  return { name, path, bytes, figures };
}

/** A folder for one run. */
export async function emptyFolder({ work }: Pick<DeltaPlace, 'work'>, name: string): Promise<string> {
  const folder = join(work, name.replaceAll(/[^a-z0-9]+/g, '-'));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}
