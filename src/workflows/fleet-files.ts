import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { systemErrorCode, wordDiskError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetState } from '../fleet/fleet-state.ts';
import { planFleet } from '../fleet/plan-fleet.ts';
import type { FleetPlan } from '../fleet/plan-fleet.ts';
import { readFleet } from '../fleet/read-fleet.ts';
import { loadState } from './fleet-state-file.ts';
import { parsePublishPlace } from './publish-place.ts';
import { readSourceFile } from './read-source-file.ts';

/** A fleet as its files have it. Paths in it are resolved from the folder of the fleet file. */
export interface LoadedFleet {
  readonly fleet: Fleet;
  readonly state: FleetState;
  readonly plan: FleetPlan;
  /** Of the fleet file. */
  readonly folder: string;
  /** Of the bundles. */
  readonly bundlesFolder: string;
  /** Where a file of a bundle is; undefined when it is nowhere. */
  readonly pathOf: (file: string) => string | undefined;
}

/**
 * Reads a fleet file and its state, and plans. Nobody is asked, and nothing written.
 *
 * @param hasAllBases whether bundles that sites have count as at hand, wherever they are; `published` when the fleet names a place that they are fetched
 *   from
 * @throws PaletteEdgeError `FLEET_INVALID` and, of the place, as `parsePublishPlace` does (kind usage), `FLEET_STATE_INVALID` (kind content), or why a file cannot be read
 */
export async function loadFleet(
  path: string,
  hasAllBases: boolean | 'published' = false,
): Promise<LoadedFleet> {
  const fleet = readFleet(await readSourceFile(path, 'fleet file'));
  if (fleet.publish !== undefined) parsePublishPlace(fleet.publish);
  const folder = dirname(path);
  const state = await loadState(folder, fleet);
  const bundlesFolder = resolve(folder, fleet.bundles);
  const files = new Map<string, string>();
  // The first folder that has a file counts.
  for (const place of [...fleet.bases.map((base) => resolve(folder, base)).toReversed(), bundlesFolder])
    for (const name of await namesIn(place)) files.set(name, join(place, name));
  const isAll = hasAllBases === 'published' ? fleet.publish !== undefined : hasAllBases;
  const plan = planFleet(fleet, state, (file) => isAll || files.has(file));
  return { fleet, state, plan, folder, bundlesFolder, pathOf: (file) => files.get(file) };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw wordDiskError(error, `reading the folder ${folder}`);
  }
}
