import type { Origin } from '../oci/origin.ts';
import type { ParsedPack, ParsedProfile } from './profile-set.ts';
import type { ChartRequest } from './requested-chart.ts';
import { shownText } from './shown-text.ts';

/** A chart as a pack names it; macros are still in it. */
export interface ChartText extends ChartRequest {
  readonly profile: ParsedProfile;
  readonly pack: ParsedPack;
  readonly origin: Extract<Origin, { kind: 'profile' }>;
}

/** A pack that is a chart, or may be one: its registry is a chart repository, its name the chart's. */
export function packChart(profile: ParsedProfile, pack: ParsedPack): ChartText[] {
  const { name, version, server, type } = pack;
  const kind = packKind(pack);
  const isGuess = kind === 'maybe a chart';
  if (server === '' || (kind !== 'chart' && !isGuess) || (isGuess && version === '')) return [];
  const isUrl = /^[a-z]+:\/\//i.test(server);
  // A registry may be given with the scheme of its API.
  const repository =
    isUrl && type !== 'oci' ? server : `${type === 'oci' ? 'oci' : 'https'}://${withoutScheme(server)}`;
  const chart = { profile, pack, repository, name, version, origin: originOfPack(profile, pack) };
  return [isGuess ? { ...chart, isGuess } : chart];
}

/** The place that a pack as a whole is. */
export function originOfPack(
  { name: profile }: ParsedProfile,
  { name: pack, type }: ParsedPack,
): ChartText['origin'] {
  return { kind: 'profile', profile, pack, key: `type ${type}` };
}

/**
 * Whether a pack is a chart. Registries of the type `oci` hold charts, or packs that name what they need in their values: one
 * that does is taken for a pack where nothing else tells.
 */
export function packKind({
  type,
  providerType,
  content,
}: ParsedPack): 'chart' | 'maybe a chart' | 'taken for a pack' | 'no chart' {
  if (type === 'helm' || (type === 'oci' && providerType === 'helm')) return 'chart';
  if (type !== 'oci' || providerType !== '') return 'no chart';
  return content().hasContent ? 'taken for a pack' : 'maybe a chart';
}

function withoutScheme(server: string): string {
  return server.replace(/^[a-z]+:\/\//i, '');
}

/** What a pack does not say of its chart. A sure one is the newest when it has no version. */
export function missingInPack(pack: ParsedPack): string {
  const parts = [
    ...(pack.server === '' ? ['where that is (server)'] : []),
    ...(pack.version === '' && packKind(pack) !== 'chart' ? ['which version (version)'] : []),
  ];
  return parts.join(' and ');
}

const unknownPlace = 'HOST/PATH';

/** The flag that names the chart of a pack, without what may be a secret. */
export function adviceForPack({ type, name, version, server }: ParsedPack): string {
  const shown = version === '' ? 'VERSION' : shownText(version);
  if (type !== 'oci') return `--chart repo=URL,name=${shownText(name)},version=${shown}`;
  const place = server === '' ? unknownPlace : shownText(placeOf(server));
  return `--chart oci://${place}/${shownText(name)}:${shown}`;
}

/** Host and path only: all else in a URL may be a secret. */
function placeOf(server: string): string {
  const bare = withoutScheme(server);
  const url = URL.parse(`https://${bare}`);
  // An `@` that is not behind user and password may be in the middle of a password.
  if (url === null || (bare.includes('@') && url.username === '')) return unknownPlace;
  return `${url.host}${url.pathname.replace(/\/+$/, '')}`;
}
