import { PaletteEdgeError } from '../errors.ts';
import type { BuiltBundle } from '../fleet/fleet-state.ts';
import type { Hasher } from '../io/hash-thread.ts';
import { runLimited } from '../io/run-limited.ts';
import { fetchPublished } from './fetch-published.ts';
import type { FetchSource } from './fetch-source.ts';
import { loadFleet } from './fleet-files.ts';
import type { LoadedFleet } from './fleet-files.ts';
import { publishBundle } from './publish-bundle.ts';
import { parsePublication } from './publish-manifest.ts';
import { tagOf } from './publish-place.ts';
import type { PublishPlace } from './publish-place.ts';
import type { PublishTarget } from './publish-target.ts';

/** The place that a fleet publishes its bundles to, and fetches bases from. */
export interface FleetPlace {
  readonly openTarget: (bundle: string) => PublishTarget;
  readonly openSource: (bundle: string, signal: AbortSignal) => Promise<FetchSource & AsyncDisposable>;
  readonly hasher: Hasher;
  /** Files at a time. */
  readonly concurrency: number;
}

/** Where one bundle is, in the place of a fleet. */
export function placeOfBundle(place: PublishPlace, bundle: string): PublishPlace {
  if (place.kind === 'registry') return { ...place, tag: tagOf(bundle) };
  const { prefix } = place.place;
  return { ...place, place: { ...place.place, prefix: prefix === '' ? bundle : `${prefix}/${bundle}` } };
}

interface Publishing {
  readonly place: FleetPlace;
  /** Whether it was built before: then it may be published, and need not be read for that. */
  readonly wasThere: boolean;
  readonly signal: AbortSignal;
}

/**
 * Publishes a bundle under the name of its file. What has that name there has the same content, built by another run: its bytes may be others, by another key for
 * an encrypted one, and are replaced.
 *
 * @param path of the bundle, or of its parts list
 * @returns what it is fetched by
 * @throws PaletteEdgeError as `publishBundle` does
 */
export async function publishBuilt(
  path: string,
  built: BuiltBundle,
  { place, wasThere, signal }: Publishing,
): Promise<string> {
  const target = place.openTarget(bundleOfFile(built.file));
  if (wasThere && (await isPublished(built, place, signal))) return target.url;
  const listener = { onReading: () => undefined, onSending: () => undefined, onBytes: () => undefined };
  const { hasher, concurrency } = place;
  const resources = { openTarget: () => target, hasher, concurrency, listener };
  const { url } = await publishBundle({ path, replaces: true }, resources, signal);
  return url;
}

/** Of parts, whose digests are not in the state, nobody knows. */
async function isPublished(
  { file, sha256, bytes }: BuiltBundle,
  place: FleetPlace,
  signal: AbortSignal,
): Promise<boolean> {
  await using source = await place.openSource(bundleOfFile(file), signal);
  const [name] = await source.names(signal);
  if (name === undefined) return false;
  try {
    const { files } = parsePublication(await source.manifest(name, signal), source.urlOf(name));
    return files.some(
      (each) => each.name === file && each.size === bytes && each.digest === `sha256:${sha256}`,
    );
  } catch (error) {
    // Whatever else is there is replaced.
    if (error instanceof PaletteEdgeError && (error.kind === 'notFound' || error.kind === 'content'))
      return false;
    throw error;
  }
}

/** Which bases are brought, and by what. */
export interface BringBases {
  /** Names of the plan; all when empty. */
  readonly only: readonly string[];
  readonly place: FleetPlace;
  readonly parallel: number;
  /** Told of the file of each base before it is fetched; must not throw. */
  readonly onFetch: (file: string) => void;
}

/**
 * Reads a fleet, and fetches the bases that its delta bundles need and that are not here into the folder of bundles. Without one that was never published, or is gone, its
 * sites are planned a full bundle.
 *
 * @throws PaletteEdgeError as `loadFleet` and `fetchPublished` do
 */
export async function loadFleetWithBases(
  path: string,
  { only, place, parallel, onFetch }: BringBases,
  signal: AbortSignal,
): Promise<LoadedFleet> {
  const { plan, pathOf, bundlesFolder } = await loadFleet(path, true);
  const chosen = plan.bundles.filter(({ name }) => only.length === 0 || only.includes(name));
  const needed = new Set(chosen.flatMap(({ base }) => (base === undefined ? [] : [base.file])));
  const missing = [...needed].filter((file) => pathOf(file) === undefined);
  await runLimited(missing, { concurrency: parallel, signal }, async (file, each) => {
    onFetch(file);
    await fetchBase(file, bundlesFolder, { place, signal: each });
  });
  return await loadFleet(path);
}

async function fetchBase(
  file: string,
  folder: string,
  { place, signal }: Pick<Publishing, 'place' | 'signal'>,
): Promise<void> {
  const bundle = bundleOfFile(file);
  await using opened = await place.openSource(bundle, signal);
  const source = onlyOf(opened, bundle);
  const { hasher, concurrency } = place;
  const listener = { onLooking: () => undefined, onFetching: () => undefined, onBytes: () => undefined };
  try {
    await fetchPublished({ folder, replaces: false }, { source, hasher, concurrency, listener }, signal);
  } catch (error) {
    if (!(error instanceof PaletteEdgeError) || error.code !== 'PUBLICATION_NOT_FOUND') throw error;
  }
}

/** The source, which gives nothing but files of that bundle: whoever may write there could name others of the folder, and say what they are. */
function onlyOf(source: FetchSource, bundle: string): FetchSource {
  return {
    ...source,
    manifest: async (name, signal) => {
      const bytes = await source.manifest(name, signal);
      const { files } = parsePublication(bytes, source.urlOf(name));
      const other = files.find((file) => !file.name.startsWith(bundle) || file.name.endsWith('.fleet.json'));
      if (other === undefined) return bytes;
      throw new PaletteEdgeError(
        'PUBLICATION_INVALID',
        `${source.urlOf(name)}: expected the files of ${bundle}, received ${other.name}, too`,
        { kind: 'content', suggestions: ['Find out who published it.'] },
      );
    },
  };
}

/** Parts are published under the name of what they are joined to. */
function bundleOfFile(file: string): string {
  return file.replace(/\.parts\.json$/, '');
}
