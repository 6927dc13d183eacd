import { resolve } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { emptyState, formatState, withoutUnused } from '../fleet/fleet-state.ts';
import type { FleetState } from '../fleet/fleet-state.ts';
import { readState } from '../fleet/read-state.ts';
import { removeStalePartials, writeFileAtomically } from '../io/atomic-file.ts';
import { withFileLock } from './file-lock.ts';
import { readSourceFile } from './read-source-file.ts';

/** What a state belongs to, and was when it was read. */
export interface StateOwner {
  readonly fleet: Fleet;
  /** Of the fleet file. */
  readonly folder: string;
  readonly state: FleetState;
}

/**
 * Reads the state of a fleet; before the first build it is empty.
 *
 * @throws PaletteEdgeError `FLEET_STATE_INVALID` (kind content), or why the file cannot be read
 */
export async function loadState(folder: string, { state }: Fleet): Promise<FleetState> {
  try {
    return readState(await readSourceFile(resolve(folder, state), 'state file'));
  } catch (error) {
    if (error instanceof PaletteEdgeError && error.code === 'FILE_NOT_FOUND') return emptyState;
    throw error;
  }
}

/**
 * Changes the state of a fleet as it is now: since it was read, another run may have written what it built, or what sites received. What no site needs any
 * more is left out.
 *
 * @throws PaletteEdgeError `FLEET_STATE_LOCKED` (kind disk), `FLEET_STATE_INVALID` (kind content), or why it cannot be read or written
 */
export async function changeState(
  { fleet, folder, state: before }: StateOwner,
  change: (state: FleetState) => FleetState,
): Promise<void> {
  const path = resolve(folder, fleet.state);
  try {
    await withFileLock(path, async () => {
      const now = await loadState(folder, fleet);
      // Sites that came meanwhile are of a fleet file that was edited meanwhile.
      const known = new Set(before.sites.map(({ site }) => site));
      const added = now.sites.map(({ site }) => site).filter((site) => !known.has(site));
      const names = new Set([...fleet.sites.map(({ name }) => name), ...added]);
      const text = formatState(withoutUnused(change(now), names));
      await writeFileAtomically(path, async (file) => await file.writeFile(text));
      await removeStalePartials(path);
    });
  } catch (error) {
    throw wordDiskError(error, `writing the state of the fleet ${path}`);
  }
}
