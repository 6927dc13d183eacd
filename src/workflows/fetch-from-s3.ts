import { dirname } from 'node:path/posix';

import { PaletteEdgeError } from '../errors.ts';
import type { S3Bucket } from '../object-store/s3-bucket.ts';
import { maximumManifestSize } from '../oci/manifest.ts';
import type { FetchSource } from './fetch-source.ts';
import { bundleOfPublication, publicationName } from './publish-target.ts';

/** Bundles that are looked at in one place. */
const mostBundles = 10_000;

/**
 * Finds what a URL of a bucket stands for: a bundle that was published under that name, or all that were below that prefix.
 *
 * @param openBelow opens the bucket below a prefix
 * @throws PaletteEdgeError as the bucket does
 */
export async function s3Source(
  prefix: string,
  openBelow: (prefix: string) => S3Bucket,
  signal: AbortSignal,
): Promise<FetchSource> {
  const name = prefix.slice(prefix.lastIndexOf('/') + 1);
  const folder = dirname(`/${prefix}`).slice(1);
  let denied: PaletteEdgeError | undefined;
  if (name !== '') {
    const above = openBelow(folder);
    const found = await published(above, name, signal);
    if (found === true) return sourceIn(above, async () => await Promise.resolve([name]), above.urlOf(name));
    denied = found === false ? undefined : found;
  }
  const bucket = openBelow(prefix);
  return sourceIn(bucket, async (each) => await namesIn(bucket, denied, each), bucket.urlOf(''));
}

/**
 * Whether a bundle was published under that name; the error when that may not be known. Keys that are good for what is below a prefix
 * only may still list that. It is read, as answers to HEAD do not tell what is wrong with keys or clocks.
 */
async function published(
  bucket: S3Bucket,
  name: string,
  signal: AbortSignal,
): Promise<boolean | PaletteEdgeError> {
  try {
    return (await bucket.readSmall(publicationName(name), maximumManifestSize, signal)) !== undefined;
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'ACCESS_DENIED') return error;
    throw error;
  }
}

/** The bundles right below a prefix; `denied` is why it may be that nothing is found there. */
async function namesIn(
  bucket: S3Bucket,
  denied: PaletteEdgeError | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  let names: readonly string[] = [];
  try {
    names = await publishedIn(bucket, signal);
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.code !== 'ACCESS_DENIED') throw error;
    throw denied ?? error;
  }
  if (names.length === 0 && denied !== undefined) throw denied;
  return names;
}

function sourceIn(bucket: S3Bucket, names: FetchSource['names'], url: string): FetchSource {
  return {
    url,
    names,
    urlOf: (name) => bucket.urlOf(name),
    manifest: async (name, signal) => {
      const bytes = await bucket.readSmall(publicationName(name), maximumManifestSize, signal);
      if (bytes !== undefined) return bytes;
      throw publicationNotFound(bucket.urlOf(name));
    },
    open: async ({ name, size }, from, signal) =>
      await Promise.resolve(bucket.get(name, { from, to: size }, signal)),
  };
}

async function publishedIn(bucket: S3Bucket, signal: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of bucket.listHere(signal)) {
    const bundle = name.includes('/') ? undefined : bundleOfPublication(name);
    if (bundle !== undefined) names.push(bundle);
    if (names.length >= mostBundles) break;
  }
  return names.toSorted();
}

/** The error for a place where nothing was published, or where publishing has not come to its end. */
export function publicationNotFound(url: string): PaletteEdgeError {
  return new PaletteEdgeError('PUBLICATION_NOT_FOUND', `there is no published bundle: ${url}`, {
    kind: 'notFound',
    suggestions: [
      'Check the spelling, or see what there is: palette-edge fetch URL --list',
      'While a bundle is being published it is not there yet.',
    ],
  });
}
