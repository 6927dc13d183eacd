import type { Origin } from '../oci/origin.ts';

/** Who asks for a chart; neither is defined when no pack does. */
export interface ChartOwner {
  readonly profile?: string;
  readonly pack?: string;
}

/** Every pack that asks for a chart, each once; one owner without names when only flags or files do. */
export function chartOwners(origins: readonly Origin[]): ChartOwner[] {
  const owners = new Map<string, ChartOwner>();
  for (const origin of origins) {
    if (origin.kind !== 'profile') continue;
    const { profile, pack } = origin;
    owners.set(JSON.stringify([profile, pack]), { profile, pack });
  }
  return owners.size === 0 ? [{}] : [...owners.values()];
}
