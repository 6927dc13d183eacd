import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { SqueezeResult } from '../../src/workflows/squeeze-bundle.ts';
import { measuredRun } from '../pull/measured-run.ts';
import type { Figures } from '../pull/measured-run.ts';
import { imageReference } from '../pull/push-image.ts';
import { timedRun } from '../timed-run.ts';
import type { BenchPlace } from './bench-place.ts';

/** A bundle, and what making it took. */
export interface MadeBundle {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly figures: Figures;
}

/** A squeezed one. */
export interface SqueezedBundle extends MadeBundle {
  readonly report: SqueezeResult['report'];
}

/** Builds the plain bundle of all images. */
export async function buildPlain(place: BenchPlace): Promise<MadeBundle> {
  const { ours, host, images, work } = place;
  const folder = join(work, 'plain');
  await mkdir(folder, { recursive: true });
  const references = images.map((image) => imageReference(host, image));
  await writeFile(join(folder, 'images.txt'), `${references.join('\n')}\n`);
  const flags = `--images-file images.txt --plain-http ${host} --store store --output plain.tar.zst`;
  const figures = await measuredRun(`timeout ${place.limit} ${ours} build ${flags}`, folder, place.path);
  await rm(join(folder, 'store'), { recursive: true });
  return await made('palette-edge build', join(folder, 'plain.tar.zst'), figures);
}

/** Squeezes it, with no layer known from before. */
export async function squeeze(place: BenchPlace, plain: MadeBundle, effort: string): Promise<SqueezedBundle> {
  const folder = join(place.work, effort);
  await mkdir(folder, { recursive: true });
  const command = `${place.ours} squeeze ${plain.path} --effort ${effort} --output squeezed.tar.zst --json`;
  const figures = await measuredRun(`timeout ${place.limit} ${command} > result.json`, folder, place.path);
  const result: SqueezeResult = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'));
  const bundle = await made(
    `palette-edge squeeze --effort ${effort}`,
    join(folder, 'squeezed.tar.zst'),
    figures,
  );
  return { ...bundle, report: result.report };
}

/**
 * Makes the plain bundle again.
 *
 * @throws Error when it is not the same file
 */
export async function unsqueeze(
  place: BenchPlace,
  plain: MadeBundle,
  squeezed: MadeBundle,
): Promise<Figures> {
  const folder = join(place.work, 'unsqueezed');
  await mkdir(folder, { recursive: true });
  const command = `${place.ours} unsqueeze ${squeezed.path} --output plain.tar.zst`;
  const figures = await measuredRun(`timeout ${place.limit} ${command}`, folder, place.path);
  await timedRun(['cmp', plain.path, join(folder, 'plain.tar.zst')], { cwd: folder });
  console.error(`${squeezed.name}: the same file again, in ${figures.seconds.toFixed(1)} s`);
  await rm(folder, { recursive: true });
  return figures;
}

async function made(name: string, path: string, figures: Figures): Promise<MadeBundle> {
  const { size: bytes } = await stat(path);
  console.error(`${name}: ${bytes} bytes, ${figures.seconds.toFixed(1)} s`);
  return { name, path, bytes, figures };
}
