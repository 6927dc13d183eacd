import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import pLimit from 'p-limit';

import { findParts } from '../bundle/find-parts.ts';
import { PaletteEdgeError } from '../errors.ts';
import { fullNameOf } from '../fleet/bundle-name.ts';
import type { BuiltBundle } from '../fleet/fleet-state.ts';
import type { PlannedBundle } from '../fleet/plan-fleet.ts';
import { parseLine, readBuilt } from '../fleet/read-state.ts';
import { removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import { diskFolder } from '../io/folder-access.ts';
import { totalSize } from '../io/total-size.ts';
import type { Warning } from '../warning.ts';
import type { WrittenBundleFile } from './begin-writing.ts';
import { buildIso } from './build-iso.ts';
import type { BuildIsoResources } from './build-iso.ts';
import { baseRequestOf, findContent, requireBase } from './fleet-content.ts';
import type { FleetBuildInput, FleetContentFound } from './fleet-content.ts';
import type { LoadedFleet } from './fleet-files.ts';
import { publishBuilt } from './fleet-publish.ts';
import type { FleetPlace } from './fleet-publish.ts';
import { StateSaver } from './fleet-state-saver.ts';
import { removeFleetLeftovers } from './remove-fleet-leftovers.ts';

/** What became of the bundles of a fleet. */
export interface FleetBuildResult {
  /** In the order of the plan. */
  readonly bundles: readonly FleetBundleResult[];
  readonly warnings: readonly Warning[];
}

/** What became of a bundle. */
export interface FleetBundleResult {
  readonly name: string;
  readonly sites: readonly string[];
  /** `current`: the sites have all of it; `there`: it was built before. */
  readonly outcome: 'built' | 'there' | 'current' | 'failed';
  /** Undefined of one that failed, and of one that is current. */
  readonly built?: BuiltBundle | undefined;
  /** What it is fetched by, where the fleet names a place. */
  readonly published?: string | undefined;
  readonly failure?: { readonly code: string; readonly message: string } | undefined;
}

/** What building a fleet works with. */
export interface FleetBuildResources {
  /** Opens the parts of one build; several are open at a time. */
  readonly openBuild: (bundle: PlannedBundle) => Promise<FleetBuildParts>;
  readonly inputOf: (bundle: PlannedBundle) => Promise<FleetBuildInput>;
  /** A folder on a disk, for layers of bases. */
  readonly scratch: string;
  /** Where bundles are published; undefined when the fleet names no place. */
  readonly place?: FleetPlace | undefined;
  /** Told of each bundle when it is done; must not throw. */
  readonly onBundle: (result: FleetBundleResult) => void;
}

/** The parts of one build. */
export interface FleetBuildParts extends AsyncDisposable {
  readonly resources: BuildIsoResources;
}

/** Which bundles are built, and how many at a time. */
export interface FleetBuildRequest {
  /** Names of the plan; all when empty. */
  readonly only: readonly string[];
  readonly parallel: number;
  /** Whether the state is left as it is: another run takes what was built into it (`collectFleet`). */
  readonly keepsState?: boolean | undefined;
}

/**
 * Builds what is not there yet of the bundles of a fleet. One that fails does not stop the others; run again, those that are there are left
 * alone. Each is published where the fleet says. The state is written after each bundle. Bundles that were built elsewhere from the same state count as there when they lie in the
 * folder of bundles with the file `….fleet.json` beside them.
 *
 * @throws PaletteEdgeError `FLEET_BUNDLE_UNKNOWN` (kind usage); the signal's reason when aborted
 */
export async function buildFleet(
  loaded: LoadedFleet,
  request: FleetBuildRequest,
  { signal, ...resources }: FleetBuildResources & { readonly signal: AbortSignal },
): Promise<FleetBuildResult> {
  const chosen = chosenBundles(loaded, request.only);
  await removeFleetLeftovers(loaded.bundlesFolder);
  const limit = pLimit(request.parallel);
  const saved = new StateSaver(loaded);
  const one = async (bundle: PlannedBundle): Promise<FleetBundleResult> => {
    signal.throwIfAborted();
    const { whole, ...result } = await outcomeOf(bundle, loaded, { ...resources, signal });
    const { built, sites } = result;
    if (built !== undefined && request.keepsState !== true) {
      // The base of the next delta bundle: a run that builds this one alone has not told of it.
      const more = whole === undefined ? [] : [{ built: whole, sites: [] }];
      await saved.take([...more, { built, sites }]);
    }
    resources.onBundle(result);
    return result;
  };
  const done = await Promise.allSettled(chosen.map((bundle) => limit(one, bundle)));
  // All have ended: nothing is under way when this throws.
  const bundles = done.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
  return { bundles, warnings: loaded.plan.warnings };
}

function chosenBundles({ plan }: LoadedFleet, only: readonly string[]): readonly PlannedBundle[] {
  if (only.length === 0) return plan.bundles;
  return only.map((name) => {
    const bundle = plan.bundles.find((planned) => planned.name === name);
    if (bundle !== undefined) return bundle;
    throw new PaletteEdgeError(
      'FLEET_BUNDLE_UNKNOWN',
      `the plan has no bundle ${JSON.stringify(name.slice(0, 80))}`,
      {
        kind: 'usage',
        suggestions: [
          'palette-edge fleet plan FILE --offline names the bundles; they depend on what sites have.',
          ...(name.includes('-from-')
            ? [
                'A delta bundle needs the full bundle that its sites have, in the folder of bundles or in one of bases: bring it there. The full bundle of the release does for these sites, too.',
              ]
            : []),
        ],
      },
    );
  });
}

/** What became of a bundle, and the full one that lies there beside a delta bundle. */
type Outcome = FleetBundleResult & { readonly whole?: BuiltBundle | undefined };

type OneBuild = FleetBuildResources & { readonly signal: AbortSignal };

async function outcomeOf(bundle: PlannedBundle, loaded: LoadedFleet, resources: OneBuild): Promise<Outcome> {
  const { name, sites } = bundle;
  try {
    return { name, ...(await buildOne(bundle, loaded, resources)) };
  } catch (error) {
    if (resources.signal.aborted || !(error instanceof PaletteEdgeError)) throw error;
    return { name, sites, outcome: 'failed', failure: { code: error.code, message: error.message } };
  }
}

async function buildOne(
  bundle: PlannedBundle,
  loaded: LoadedFleet,
  resources: OneBuild,
): Promise<Omit<Outcome, 'name'>> {
  const input = await resources.inputOf(bundle);
  await using parts = await resources.openBuild(bundle);
  const { signal, place } = resources;
  const found = await findContent(input, parts.resources.build, signal);
  const current = new Set(
    loaded.state.sites.filter(({ has }) => has === found.inventory).map(({ site }) => site),
  );
  const sites = bundle.sites.filter((site) => !current.has(site));
  if (sites.length < bundle.sites.length && sites.length === 0)
    return { outcome: 'current', sites: bundle.sites };
  const pathOf = (planned: PlannedBundle): string =>
    join(loaded.bundlesFolder, fileName(planned, found, input));
  const path = pathOf(bundle);
  const full = wholeOf(bundle);
  const whole = full === undefined ? undefined : await builtBefore(full, found, pathOf(full));
  const there = await builtBefore(bundle, found, path);
  const built = there ?? (await write(bundle, { input, path, found }, { loaded, parts, resources }));
  const published =
    place === undefined
      ? undefined
      : await publishBuilt(join(dirname(path), built.file), built, {
          place,
          wasThere: there !== undefined,
          signal,
        });
  return { outcome: there === undefined ? 'built' : 'there', sites, built, published, whole };
}

interface ToWrite {
  readonly input: FleetBuildInput;
  readonly path: string;
  readonly found: FleetContentFound;
}

interface WritingParts {
  readonly loaded: LoadedFleet;
  readonly parts: FleetBuildParts;
  readonly resources: OneBuild;
}

async function write(
  bundle: PlannedBundle,
  { input, path, found }: ToWrite,
  { loaded, parts, resources: { scratch, signal } }: WritingParts,
): Promise<BuiltBundle> {
  const bases = baseRequestOf(bundle, loaded, scratch);
  await requireBase(bundle, bases);
  const build = { ...input, output: path, isDryRun: false, hasNoSkip: true, skipMissing: false, bases };
  const { bundle: written, plan } = await buildIso(build, parts.resources, signal);
  if (written === undefined) throw new TypeError('a build that is no dry run wrote nothing');
  requireSame(bundle, found, plan.bundle.id);
  const built = describe(bundle, found, written);
  const beside = besidePath(path);
  await writeFileAtomically(beside, async (file) => await file.writeFile(`${canonicalJson(built)}\n`));
  await removeStalePartials(beside);
  return built;
}

/** The full bundle of the same content; undefined of one that is full. */
function wholeOf({ name, base, ...bundle }: PlannedBundle): PlannedBundle | undefined {
  if (base === undefined) return undefined;
  return { ...bundle, name: fullNameOf(name) ?? name, sites: [], chain: 0 };
}

function fileName(
  { name, base }: PlannedBundle,
  { id }: FleetContentFound,
  { encryption }: FleetBuildInput,
): string {
  const delta = base === undefined ? '' : '.delta';
  return `${name}-${id}${delta}.tar.zst${encryption === undefined ? '' : '.age'}`;
}

/** Where it is told of a bundle what it is: a state that is not here can be completed from that. */
function besidePath(path: string): string {
  return `${path}.fleet.json`;
}

function describe(
  { name, base, chain }: PlannedBundle,
  { id, inventory }: FleetContentFound,
  { path, parts, size, sha256 }: WrittenBundleFile,
): BuiltBundle {
  const file = baseName(parts?.list ?? path);
  return { bundle: name, id, inventory, file, bytes: size, sha256, base: base?.inventory, chain };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Undefined when it is not there, or not as it was when it was built. */
async function builtBefore(
  { name, base, chain }: PlannedBundle,
  { id, inventory }: FleetContentFound,
  path: string,
): Promise<BuiltBundle | undefined> {
  try {
    const beside = besidePath(path);
    const text = await readFile(beside, 'utf8');
    const built = readBuilt(parseLine(text, beside), beside);
    const isSame =
      built.bundle === name &&
      built.id === id &&
      built.inventory === inventory &&
      built.base === base?.inventory;
    return isSame && (await bytesOf(path, built.file)) === built.bytes ? { ...built, chain } : undefined;
  } catch {
    // Whatever is wrong with it: it is built again.
    return undefined;
  }
}

/** Of the bundle, or of all of its parts. */
async function bytesOf(path: string, file: string): Promise<number> {
  if (file === baseName(path)) return (await stat(path)).size;
  return totalSize((await findParts(diskFolder(dirname(path)), file))?.parts ?? []);
}

function requireSame(bundle: PlannedBundle, { id }: FleetContentFound, written: string): void {
  if (written === id) return;
  throw new PaletteEdgeError(
    'FLEET_CONTENT_MOVED',
    `${bundle.name}: a tag moved while it was built: expected the content ${id}, received ${written}`,
    { kind: 'content', suggestions: ['Build the fleet again.'] },
  );
}
