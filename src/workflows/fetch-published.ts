import { join } from 'node:path';

import { PaletteEdgeError } from '../errors.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { runLimited } from '../io/run-limited.ts';
import { totalSize } from '../io/total-size.ts';
import { digestOf } from '../oci/digest.ts';
import { fetchFile, isThere } from './fetch-file.ts';
import type { FetchFileOptions } from './fetch-file.ts';
import { publicationNotFound } from './fetch-from-s3.ts';
import type { FetchSource } from './fetch-source.ts';
import { fileMediaTypes, isBeside, parsePublication } from './publish-manifest.ts';
import type { Publication, PublishedFile } from './publish-manifest.ts';
import { leftBytes } from './resumable-file.ts';
import { requireFreeSpace } from './require-free-space.ts';
import { replaceSignatures } from './signature-beside.ts';

/** Where a bundle goes. */
export interface FetchInput {
  readonly folder: string;
  /** Whether other files of the same names are replaced. */
  readonly replaces: boolean;
}

/** Told of what goes on; must not throw. */
interface FetchListener {
  /** Files of the same names are looked at. */
  readonly onLooking: (files: number) => void;
  /** So many bytes are missing here. */
  readonly onFetching: (total: number) => void;
  readonly onBytes: (count: number) => void;
}

/** The parts of fetching. */
export interface FetchResources {
  readonly source: FetchSource;
  readonly hasher: Hasher;
  /** Files at a time. */
  readonly concurrency: number;
  readonly listener: FetchListener;
}

/** A bundle that was fetched. */
export interface FetchResult {
  readonly bundle: string;
  readonly url: string;
  /** Of the manifest. */
  readonly digest: string;
  readonly folder: string;
  readonly files: readonly (PublishedFile & { readonly wasThere: boolean })[];
  /** In bytes. */
  readonly bytesReceived: number;
  /** In bytes: files that were there before, and what an earlier run had fetched of others. */
  readonly bytesKept: number;
}

/** What is published in a place. */
export interface ListResult {
  readonly url: string;
  readonly bundles: readonly ListedBundle[];
  /** How many other things there are, as images of a repository. */
  readonly others: number;
}

/** A bundle that can be fetched. */
interface ListedBundle extends Publication {
  readonly url: string;
  readonly digest: string;
}

/**
 * Fetches a published bundle: all of its files, each by its digest. Files that are there are not fetched again; what says something of
 * others comes last.
 *
 * @throws PaletteEdgeError `PUBLICATION_NOT_FOUND` (kind notFound), `PUBLICATIONS_SEVERAL`, `NOT_A_PUBLICATION`, `OUTPUT_TAKEN` (kind
 *   usage), `PUBLICATION_INVALID`, `DIGEST_MISMATCH`, `SIZE_MISMATCH` (kind content), kind disk; as the source does
 */
export async function fetchPublished(
  { folder, replaces }: FetchInput,
  { source, hasher, concurrency, listener }: FetchResources,
  signal: AbortSignal,
): Promise<FetchResult> {
  const name = await onlyName(source, signal);
  const url = source.urlOf(name);
  const manifest = await source.manifest(name, signal);
  const { bundle, files } = parsePublication(manifest, url);
  listener.onLooking(files.length);
  const there = await runLimited(files, { concurrency, signal }, async (file, each) => {
    const state = await isThere(folder, file, { hasher, signal: each });
    if (state === false && !replaces) throw taken(join(folder, file.name));
    return state;
  });
  const missing = files.filter((_, index) => there[index] !== true);
  const replaced = files.filter((_, index) => there[index] === false);
  const bytes = totalSize(missing);
  const left = await runLimited(
    missing,
    { concurrency, signal },
    async (file) => await leftBytes(join(folder, file.name)),
  );
  const needed = bytes - left.reduce((sum, size) => sum + size, 0);
  await requireFreeSpace({ path: folder, what: 'the bundle in', bytes: needed, flag: '--output' });
  listener.onFetching(bytes);
  const options = { folder, concurrency, signal, source, hasher, onBytes: listener.onBytes };
  const fetched = await fetchMissing(missing, options).catch(async (error: unknown) => {
    throw await withRemedy(error, async () => await source.manifest(name, signal), digestOf(manifest));
  });
  await dropSignatures({ bundle, files }, replaced, folder);
  return {
    bundle,
    url,
    digest: digestOf(manifest),
    folder,
    files: files.map((file) => ({ ...file, wasThere: !missing.includes(file) })),
    bytesReceived: fetched.reduce((sum, { received }) => sum + received, 0),
    bytesKept: totalSize(files) - bytes + fetched.reduce((sum, { kept }) => sum + kept, 0),
  };
}

/**
 * Lists what is published in a place.
 *
 * @throws PaletteEdgeError as the source does
 */
export async function listPublished(
  source: FetchSource,
  { concurrency }: Pick<FetchResources, 'concurrency'>,
  signal: AbortSignal,
): Promise<ListResult> {
  const names = await source.names(signal);
  const bundles = await runLimited(names, { concurrency, signal }, async (name, each) => {
    const url = source.urlOf(name);
    try {
      const manifest = await source.manifest(name, each);
      return [{ url, digest: digestOf(manifest), ...parsePublication(manifest, url) }];
    } catch (error) {
      if (error instanceof PaletteEdgeError && isOther(error)) return [];
      throw error;
    }
  });
  const found = bundles.flat();
  return { url: source.url, bundles: found, others: names.length - found.length };
}

/** Of what lies beside bundles, and of what was taken away meanwhile. Whatever one of them holds, the others are listed. */
function isOther({ code, kind }: PaletteEdgeError): boolean {
  return kind === 'content' || otherCodes.has(code);
}

const otherCodes: ReadonlySet<string> = new Set([
  'NOT_A_PUBLICATION',
  'PUBLICATION_NOT_FOUND',
  'DIGEST_UNSUPPORTED',
]);

async function onlyName(source: FetchSource, signal: AbortSignal): Promise<string> {
  const [name, ...others] = await source.names(signal);
  if (name === undefined) throw publicationNotFound(source.url);
  if (others.length === 0) return name;
  const shown = [name, ...others].slice(0, 10).map((each) => source.urlOf(each));
  throw new PaletteEdgeError(
    'PUBLICATIONS_SEVERAL',
    `${source.url} has ${others.length + 1} bundles or tags; one is fetched at a time`,
    { kind: 'usage', suggestions: [`Name one: ${shown.join(', ')}${others.length > 9 ? ', …' : ''}`] },
  );
}

interface FetchAll extends FetchFileOptions {
  readonly folder: string;
  readonly concurrency: number;
}

/** Content first: what lies beside it says something of it. */
async function fetchMissing(files: readonly PublishedFile[], options: FetchAll): ReturnType<typeof fetchAll> {
  const content = await fetchAll(
    files.filter((file) => !isBeside(file)),
    options,
  );
  return [...content, ...(await fetchAll(files.filter(isBeside), options))];
}

async function fetchAll(
  files: readonly PublishedFile[],
  { folder, ...options }: FetchAll,
): ReturnType<typeof runLimited<PublishedFile, Awaited<ReturnType<typeof fetchFile>>>> {
  return await runLimited(
    files,
    options,
    async (file, signal) => await fetchFile(folder, file, { ...options, signal }),
  );
}

/** What is signed beside a bundle that was replaced, by one without a signature file, is not what is there now. */
async function dropSignatures(
  { bundle, files }: Publication,
  replaced: readonly PublishedFile[],
  folder: string,
): Promise<void> {
  const hasOwn = files.some(({ mediaType }) => mediaType === fileMediaTypes.signature);
  if (!hasOwn && replaced.some((file) => !isBeside(file))) await replaceSignatures(join(folder, bundle), []);
}

/** Files that the manifest names. */
const missingThere: ReadonlySet<string> = new Set(['S3_OBJECT_NOT_FOUND', 'BLOB_NOT_FOUND']);

/** What is there is other than its manifest says: what to do depends on whether it still has that manifest. */
async function withRemedy(
  error: unknown,
  readManifest: () => Promise<Uint8Array>,
  digest: string,
): Promise<unknown> {
  if (!(error instanceof PaletteEdgeError)) return error;
  if (error.kind !== 'content' && !missingThere.has(error.code)) return error;
  const { code, kind, message, details } = error;
  let isSame = false;
  try {
    isSame = digestOf(await readManifest()) === digest;
  } catch (failure) {
    if (!(failure instanceof PaletteEdgeError) || failure.code !== 'PUBLICATION_NOT_FOUND') return error;
  }
  const damage = missingThere.has(code)
    ? 'A file is missing there: publish the bundle again.'
    : 'What is there is damaged: remove that file there and publish the bundle again, or publish it elsewhere.';
  const remedy = isSame ? damage : 'It was replaced meanwhile: run the same command again.';
  return new PaletteEdgeError(code, message, {
    kind,
    cause: error,
    suggestions: [remedy],
    ...(details === undefined ? {} : { details }),
  });
}

function taken(path: string): PaletteEdgeError {
  return new PaletteEdgeError(
    'OUTPUT_TAKEN',
    `writing ${path} failed: the file is there already and is another file`,
    { kind: 'usage', suggestions: ['Name another folder with --output, or replace the file: --replace'] },
  );
}
