import { listClusterProfiles } from '../palette-api/list-cluster-profiles.ts';
import type { ListedProfile } from '../palette-api/list-cluster-profiles.ts';
import type { PaletteAccess } from './fetch-profiles.ts';

/** The cluster profiles of a project, or of the tenant. */
export interface ProfileList {
  /** Host of the API. */
  readonly palette: string;
  /** Null for the profiles of the tenant. */
  readonly projectUid: string | null;
  /** Every version of each, sorted by name. */
  readonly profiles: readonly ListedProfile[];
}

/** @throws PaletteEdgeError as the Palette API words it */
export async function listProfiles({ client, signal }: PaletteAccess): Promise<ProfileList> {
  return {
    palette: client.host,
    projectUid: client.projectUid ?? null,
    profiles: await listClusterProfiles(client, signal),
  };
}
