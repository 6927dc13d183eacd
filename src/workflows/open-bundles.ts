import { tmpdir } from 'node:os';

import { PaletteEdgeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { BasePool } from './base-pool.ts';
import type { OpenBundle } from './bundle-blobs.ts';
import { folderBundles } from './folder-bundles.ts';
import { openBundleFile } from './open-bundle.ts';
import type { BundleOpening } from './open-bundle.ts';
import { bundlesInImage } from './open-iso-bundle.ts';
import { openBases } from './open-with-bases.ts';
import type { OpenRequest } from './open-request.ts';

/** What is opened. */
export interface BundlesToOpen extends OpenRequest {
  readonly paths: readonly string[];
}

/**
 * Opens bundles, each path once. A folder stands for the bundles in it, and an ISO image for those in the image. All of them must have the
 * signature that is asked for.
 *
 * @param resources closes them
 * @throws PaletteEdgeError for one that cannot be opened, `FILE_NEEDED` (kind usage) for standard input, `NO_BUNDLES` (kind notFound) for a
 *   folder without one, `BASE_NEEDED` (kind notFound); the signal's reason when aborted
 */
export async function openBundles(
  { paths, trust, bases }: BundlesToOpen,
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<OpenBundle[]> {
  const { bundles, pool } = await openBundlesAndBases({ paths, trust, bases }, resources, signal);
  for (const bundle of bundles) await pool.require(bundle, signal, inImages(bundle));
  return bundles;
}

/** Raw files are in no registry, and nobody reads them here. */
function inImages({ reader }: OpenBundle): readonly Digest[] {
  return reader.inventory.blobs.filter(({ role }) => role !== 'file').map(({ digest }) => digest);
}

/** Bundles that are open, and what the delta bundles among them take the rest from. */
export interface OpenedBundles {
  readonly bundles: OpenBundle[];
  readonly pool: BasePool;
}

/**
 * As {@link openBundles}, but other places than bundles are not asked yet: whoever opens them knows what is needed of them.
 *
 * @throws as that
 */
export async function openBundlesAndBases(
  { paths, trust, bases = { paths: [], folder: tmpdir() } }: BundlesToOpen,
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<OpenedBundles> {
  const bundles = new Map<string, OpenBundle>();
  const pool = await openBases(bases);
  resources.defer(async () => await pool.close());
  for (const given of new Set(paths))
    for await (const bundle of opened(given, { pool, trust }, signal)) {
      resources.defer(async () => await bundle.reader.close());
      bundles.set(bundle.path, bundles.get(bundle.path) ?? bundle);
    }
  // Those that are named may be what others of them were made against.
  for (const bundle of bundles.values()) pool.lend(bundle);
  for (const bundle of bundles.values()) {
    pool.know(bundle);
    if (!pool.asksElsewhere) pool.requireFromBundles(bundle);
  }
  return { bundles: [...bundles.values()], pool };
}

async function* opened(
  given: string,
  opening: BundleOpening,
  signal: AbortSignal,
): AsyncGenerator<OpenBundle, void, undefined> {
  if (given === '-') throw fileNeeded();
  const inFolder = await folderBundles(given);
  let count = 0;
  for (const path of inFolder ?? [given]) {
    signal.throwIfAborted();
    const found = await openOrList(path, opening).catch((error: unknown) => {
      if (inFolder !== undefined && isNoBundle(error)) return [];
      throw error;
    });
    for (const bundle of found) yield bundle;
    count += found.length;
  }
  if (count === 0) throw noBundles(given);
}

/** The bundles that a path stands for: more than one of an ISO image only. */
async function openOrList(path: string, opening: BundleOpening): Promise<OpenBundle[]> {
  const open = async (each: string): Promise<OpenBundle> => ({
    path: each,
    reader: (await openBundleFile(each, opening)).reader,
  });
  try {
    return [await open(path)];
  } catch (error) {
    const inImage = bundlesInImage(error);
    if (inImage === undefined) throw error;
    const bundles: OpenBundle[] = [];
    try {
      for (const each of inImage) bundles.push(await open(each));
    } catch (failure) {
      for (const { reader } of bundles) await reader.close();
      throw failure;
    }
    return bundles;
  }
}

function isNoBundle(error: unknown): boolean {
  return error instanceof PaletteEdgeError && error.code === 'NOT_A_BUNDLE';
}

function noBundles(path: string): PaletteEdgeError {
  return new PaletteEdgeError('NO_BUNDLES', `there is no bundle in the folder ${path}`, {
    kind: 'notFound',
    suggestions: ['Its own folders are not looked into: name the one that has the bundles.'],
  });
}

function fileNeeded(): PaletteEdgeError {
  return new PaletteEdgeError(
    'FILE_NEEDED',
    '- is standard input, which is read once, and this reads a bundle again and again',
    { kind: 'usage', suggestions: ['Name a file, its parts or an ISO image.', 'A file of that name is ./-'] },
  );
}
