import { runLimited } from '../io/run-limited.ts';
import { fetchClusterProfile } from '../palette-api/fetch-cluster-profile.ts';
import { agentService, fetchServiceImages, paletteServices } from '../palette-api/fetch-service-images.ts';
import type { ServiceImageList } from '../palette-api/fetch-service-images.ts';
import { callsAtOnce } from '../palette-api/palette-client.ts';
import type { PaletteClient } from '../palette-api/palette-client.ts';
import { readProfileAhead } from '../profile/read-profile.ts';
import type { Profile } from '../profile/read-profile.ts';
import type { ServiceImages } from '../profile/service-images.ts';
import type { Warning } from '../warning.ts';

/** What is asked of Palette. */
export interface PaletteRequest {
  /** Cluster profiles. */
  readonly profileUids: readonly string[];
  /** Whose image lists are fetched: of no service, of the agent only, or of the agent and all services. */
  readonly services: 'none' | 'agent' | 'all';
}

/** Who is asked. */
export interface PaletteAccess {
  readonly client: PaletteClient;
  readonly signal: AbortSignal;
}

/** What Palette gave. */
export interface FetchedSources {
  /** As if they had been downloaded as `<uid>.json`, read ahead: their texts need not be kept. */
  readonly profiles: readonly (() => Profile)[];
  readonly services: readonly ServiceImages[];
  readonly warnings: readonly Warning[];
}

/**
 * Fetches profiles with all that they refer to, and image lists of services.
 *
 * @throws PaletteEdgeError as the Palette API words it; the first failure ends the others
 */
export async function fetchProfiles(request: PaletteRequest, access: PaletteAccess): Promise<FetchedSources> {
  const { client } = access;
  const limits = { concurrency: callsAtOnce, signal: access.signal };
  const uids = [...new Set(request.profileUids)];
  const profiles = await runLimited(uids, limits, async (uid, signal) => {
    const { text, warnings } = await fetchClusterProfile(client, uid, signal);
    return { read: readProfileAhead({ name: `${uid}.json`, text }), warnings };
  });
  const names = servicesOf(request);
  const lists = await runLimited(
    names,
    limits,
    async (service, signal) => await fetchServiceImages(client, service, signal),
  );
  return {
    profiles: profiles.map(({ read }) => read),
    services: lists.flatMap((list) => (list?.text === undefined ? [] : [{ ...list, text: list.text }])),
    warnings: [
      ...profiles.flatMap(({ warnings }) => warnings),
      ...names.flatMap((name, index) => listWarnings(name, lists[index], client)),
    ],
  };
}

function servicesOf({ services }: PaletteRequest): readonly string[] {
  if (services === 'none') return [];
  return services === 'agent' ? [agentService] : paletteServices;
}

/** Of services that are there, and of the agent, which the user asked for: of the others no Palette has all. */
function listWarnings(name: string, list: ServiceImageList | undefined, { host }: PaletteClient): Warning[] {
  if (list === undefined ? name !== agentService : list.text !== undefined) return [];
  const title = list === undefined ? `service ${name}` : `service ${name} ${list.version}`;
  const whose = name === agentService ? `the agent (${title})` : title;
  const message = `${host} has no list of the images of ${whose}; they are not in the bundle. Add them with --image`;
  return [{ code: 'SERVICE_WITHOUT_IMAGES', message }];
}
