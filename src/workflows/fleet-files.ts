import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { PaletteEdgeError, systemErrorCode, wordDiskError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { emptyState, formatState, withoutUnused } from '../fleet/fleet-state.ts';
import type { FleetState } from '../fleet/fleet-state.ts';
import { planFleet } from '../fleet/plan-fleet.ts';
import type { FleetPlan } from '../fleet/plan-fleet.ts';
import { readFleet } from '../fleet/read-fleet.ts';
import { readState } from '../fleet/read-state.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
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
 * @param hasAllBases whether bundles that sites have count as at hand, wherever they are
 * @throws PaletteEdgeError `FLEET_INVALID` (kind usage), `FLEET_STATE_INVALID` (kind content), or why a file cannot be read
 */
export async function loadFleet(path: string, hasAllBases = false): Promise<LoadedFleet> {
  const fleet = readFleet(await readSourceFile(path, 'fleet file'));
  const folder = dirname(path);
  const state = await loadState(folder, fleet);
  const bundlesFolder = resolve(folder, fleet.bundles);
  const files = new Map<string, string>();
  // The first folder that has a file counts.
  for (const place of [...fleet.bases.map((base) => resolve(folder, base)).toReversed(), bundlesFolder])
    for (const name of await namesIn(place)) files.set(name, join(place, name));
  const plan = planFleet(fleet, state, (file) => hasAllBases || files.has(file));
  return { fleet, state, plan, folder, bundlesFolder, pathOf: (file) => files.get(file) };
}

/** Writes the state of a fleet; what no site needs any more is left out. */
export async function saveState(
  { fleet, folder }: Pick<LoadedFleet, 'fleet' | 'folder'>,
  state: FleetState,
): Promise<void> {
  const path = resolve(folder, fleet.state);
  const kept = withoutUnused(state, new Set(fleet.sites.map(({ name }) => name)));
  try {
    await writeFileAtomically(path, async (file) => await file.writeFile(formatState(kept)));
  } catch (error) {
    throw wordDiskError(error, `writing the state of the fleet ${path}`);
  }
}

async function loadState(folder: string, { state }: Fleet): Promise<FleetState> {
  try {
    return readState(await readSourceFile(resolve(folder, state), 'state file'));
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'FILE_NOT_FOUND') return emptyState;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw wordDiskError(error, `reading the folder ${folder}`);
  }
}
