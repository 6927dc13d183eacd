import type { Drive } from './drive.ts';
import { driveRefusals } from './drive-refusals.ts';
import type { DriveNeeds } from './drive-refusals.ts';
import type { DriveSystem } from './drive-system.ts';
import { listDrives } from './list-drives.ts';
import { driveChanged } from './open-drive.ts';

/**
 * Makes sure that a drive is still the one that somebody was asked about, and still fit for it: while a person reads, drives
 * are pulled out, and others get their names.
 *
 * @throws PaletteEdgeError `DRIVE_CHANGED` (kind usage)
 */
export async function requireSameDrive(
  before: Drive,
  needs: DriveNeeds,
  { system, signal }: { readonly system: DriveSystem; readonly signal: AbortSignal },
): Promise<void> {
  const drives = await listDrives(system, signal);
  const now = drives.find(({ drive }) => drive.number === before.number)?.drive;
  const isSame =
    now?.path === before.path &&
    now.model === before.model &&
    now.serial === before.serial &&
    now.size === before.size &&
    now.sequence === before.sequence;
  if (!isSame || driveRefusals(now, needs).length > 0) throw driveChanged(before.path);
}
