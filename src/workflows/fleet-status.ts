import { digestHex } from '../oci/digest.ts';
import type { LoadedFleet } from './fleet-files.ts';

/** What sites have, and what is ready for them. */
export interface FleetStatusResult {
  readonly sites: readonly SiteStatus[];
}

/** A site, sorted by name. */
interface SiteStatus {
  readonly site: string;
  readonly group: string;
  /** Id of what it received last; undefined before the first. */
  readonly has: string | undefined;
  /** Delta bundles since the last full one. */
  readonly chain: number;
  /** File that was built for it and not received yet. */
  readonly ready: string | undefined;
  readonly readyBytes: number | undefined;
}

/** What the state says of each site of the fleet. */
export function fleetStatus({ fleet, state }: LoadedFleet): FleetStatusResult {
  const states = new Map(state.sites.map((site) => [site.site, site]));
  const bundles = new Map(state.bundles.map((bundle) => [bundle.file, bundle]));
  return {
    sites: fleet.sites.map(({ name, group }) => {
      const site = states.get(name);
      const ready = bundles.get(site?.ready ?? '');
      const has = site?.has === undefined ? undefined : digestHex(site.has).slice(0, 8);
      return {
        site: name,
        group,
        has,
        chain: site?.chain ?? 0,
        ready: ready?.file,
        readyBytes: ready?.bytes,
      };
    }),
  };
}
