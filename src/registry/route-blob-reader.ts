import type { BlobReader, OpenBlobOptions } from '../oci/blob-access.ts';
import type { BlobIdentity } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatRepository } from '../oci/reference.ts';
import { verifiedContent } from '../oci/verified-content.ts';
import { placeKey } from './repository-name.ts';
import type { RepositoryName } from './repository-name.ts';
import { allRoutesFailed, routeFailure } from './route-failures.ts';
import type { RouteFailure } from './route-failures.ts';
import { resumed } from './resumed.ts';

/** What a reader of several places works with. */
export interface RouteBlobReaderOptions {
  /** In the order in which they are asked; the one without `mirror` is where the blobs belong. */
  readonly routes: readonly RepositoryName[];
  readonly readerOf: (route: RepositoryName) => BlobReader;
  /** Shared by all readers of a client. */
  readonly givers: BlobGivers;
}

/** Which places sent bytes of which blob. */
export type BlobGivers = Map<Digest, Set<string>>;

/**
 * Reads blobs from the first place that has them. A place that fails in the middle is followed by the next one, from the
 * byte reached on.
 *
 * Bytes of a range are not verified here. Whoever verifies them, and opens the same blob from its beginning again, says by
 * that that they were wrong: then where the blob belongs comes first, and who sent bytes comes last.
 */
export function routeBlobReader(options: RouteBlobReaderOptions): BlobReader {
  return {
    sizeOf: async (digest, signal) => await sizeOf(options, digest, signal),
    open: async (blob, openOptions = {}) => await openBlob(options, blob, openOptions),
  };
}

async function sizeOf(
  { routes, readerOf }: RouteBlobReaderOptions,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const failures: RouteFailure[] = [];
  for (const route of routes) {
    try {
      const size = await readerOf(route).sizeOf(digest, signal);
      if (size !== undefined) return size;
    } catch (error) {
      failures.push(routeFailure(route, error, signal));
    }
  }
  const isKnown = !failures.some(({ route }) => route.mirror === undefined);
  if (isKnown) return undefined;
  throw allRoutesFailed(failures);
}

async function openBlob(
  options: RouteBlobReaderOptions,
  blob: BlobIdentity,
  openOptions: OpenBlobOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const content = readInTurn(options, blob, openOptions);
  // Started here, so that a missing blob is told by `open`.
  const first = await content.next();
  const started = resumed(first, content);
  if (openOptions.range !== undefined) return started;
  const side = options.routes.filter(({ mirror }) => mirror === undefined).map(formatRepository);
  return verifiedContent(blob, started, `reading from ${side.join()}`);
}

async function* readInTurn(
  { routes, readerOf, givers }: RouteBlobReaderOptions,
  blob: BlobIdentity,
  { range, signal, reusesBuffers }: OpenBlobOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = range?.end ?? blob.size;
  let start = range?.start ?? 0;
  const failures: RouteFailure[] = [];
  const gave = givers.get(blob.digest) ?? new Set();
  givers.set(blob.digest, gave);
  for (const route of start === 0 ? withSuspectsLast(routes, gave) : routes) {
    try {
      const rest = { range: { start, end }, signal, reusesBuffers };
      for await (const bytes of await readerOf(route).open(blob, rest)) {
        gave.add(placeKey(route));
        start += bytes.length;
        yield bytes;
      }
      return;
    } catch (error) {
      failures.push(routeFailure(route, error, signal));
    }
  }
  throw allRoutesFailed(failures);
}

function withSuspectsLast(
  routes: readonly RepositoryName[],
  suspects: ReadonlySet<string>,
): readonly RepositoryName[] {
  if (suspects.size === 0) return routes;
  const rank = (route: RepositoryName): number => {
    if (suspects.has(placeKey(route))) return 2;
    return route.mirror === undefined ? 0 : 1;
  };
  return routes.toSorted((left, right) => rank(left) - rank(right));
}
