import { PaletteEdgeError } from '../errors.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import type { Warning } from '../warning.ts';
import { collectErrors, combineErrors } from './combine-errors.ts';
import type { MacroResolver } from './macro-resolver.ts';
import type { ParsedPack, ParsedProfile } from './profile-set.ts';
import { chartRequest, chartTitle, parseChartText } from './requested-chart.ts';
import type { ChartRequest, RequestedChart } from './requested-chart.ts';
import { shownText } from './shown-text.ts';

/** Everything that may name charts. */
export interface ChartInput {
  readonly profiles: readonly ParsedProfile[];
  readonly resolver: MacroResolver;
  /** From `--chart`. */
  readonly texts: readonly string[];
}

/** The charts that the inputs ask for. */
export interface ChartRequests {
  /** Each once, sorted by repository, name and version. */
  readonly charts: readonly RequestedChart[];
  readonly warnings: readonly Warning[];
}

/**
 * Finds the charts that profiles and flags ask for: `pack.content.charts`, and packs that are charts themselves, of the types
 * `helm` and `oci`. Pure.
 *
 * @throws PaletteEdgeError of kind usage: `CHART_REFERENCE_INVALID`, `REFERENCE_INVALID`, `MACRO_UNRESOLVED` and what else macros
 *   may be; several as one
 */
export function requestCharts({ profiles, resolver, texts }: ChartInput): ChartRequests {
  const collector = new ChartCollector(resolver);
  const packs = profiles.flatMap((profile) => profile.packs.map((pack) => ({ profile, pack })));
  const named = collectErrors(texts, (chart) => {
    collector.keep(parseChartText(chart), { kind: 'flag', flag: 'chart' });
  });
  const found = packs.flatMap(({ profile, pack }) => [
    ...listedCharts(profile, pack),
    ...ownChart(profile, pack),
  ]);
  const read = collectErrors(found, (chart) => collector.add(chart));
  for (const { profile, pack } of packs) collector.warnOfUnknown(profile, pack);
  const failure = combineErrors([...named.errors, ...read.errors]);
  if (failure !== undefined) throw failure;
  return collector.result();
}

/** A chart as a pack names it; macros are still in it. */
interface ChartText extends ChartRequest {
  readonly profile: ParsedProfile;
  readonly origin: Extract<Origin, { kind: 'profile' }>;
}

/** `pack.content.charts` of the values. */
function listedCharts(profile: ParsedProfile, pack: ParsedPack): ChartText[] {
  return pack.content().charts.map(({ key, line, ...chart }) => {
    const origin = { kind: 'profile' as const, profile: profile.name, pack: pack.name, key, line };
    return { profile, ...chart, origin };
  });
}

/** A pack that is a chart: its registry is a chart repository, its name the chart's. */
function ownChart(profile: ParsedProfile, pack: ParsedPack): ChartText[] {
  if (!isChart(pack) || pack.server === '') return [];
  const { name, version, server, type } = pack;
  const isUrl = /^[a-z]+:\/\//i.test(server);
  // A registry may be given with the scheme of its API.
  const repository =
    isUrl && type !== 'oci' ? server : `${type === 'oci' ? 'oci' : 'https'}://${withoutScheme(server)}`;
  const origin = { kind: 'profile' as const, profile: profile.name, pack: name, key: `type ${type}` };
  return [{ profile, repository, name, version, origin }];
}

/** Registries of the type `oci` hold charts, or packs that name what they need in their values. */
function isChart({ type, providerType }: ParsedPack): boolean {
  return type === 'helm' || (type === 'oci' && providerType === 'helm');
}

/** Packs say what they need, charts do not. */
function mayBeChart({ type, providerType, content }: ParsedPack): boolean {
  return type === 'oci' && providerType === '' && !content().hasContent;
}

function withoutScheme(server: string): string {
  return server.replace(/^[a-z]+:\/\//i, '');
}

/** Collects charts with their origins and warnings; lives for one run. */
class ChartCollector {
  readonly #resolver: MacroResolver;
  readonly #charts = new Map<string, { chart: ChartRequest; origins: Map<string, Origin> }>();
  readonly #warnings: Warning[] = [];

  constructor(resolver: MacroResolver) {
    this.#resolver = resolver;
  }

  /** @throws PaletteEdgeError that names the place */
  add({ profile, origin, ...chart }: ChartText): void {
    const place = formatOrigin(origin);
    const resolve = (value: string): string => this.#resolve(value, profile, place);
    const resolved = {
      repository: resolve(chart.repository),
      name: resolve(chart.name),
      version: resolve(chart.version),
    };
    try {
      this.keep(chartRequest(resolved), origin, profile);
    } catch (error) {
      if (!(error instanceof PaletteEdgeError)) throw error;
      const { code, kind, suggestions } = error;
      throw new PaletteEdgeError(code, `${place}: ${error.message}`, { kind, suggestions });
    }
  }

  /** @param profile that asks for it; undefined for a flag */
  keep(chart: ChartRequest, origin: Origin, profile?: ParsedProfile): void {
    const { repository, name, version, digest } = chart;
    const key = JSON.stringify([repository, name, version, digest ?? '']);
    const known = this.#charts.get(key) ?? { chart, origins: new Map<string, Origin>() };
    this.#charts.set(key, known);
    known.origins.set(JSON.stringify(origin), origin);
    if (profile?.isSilent === true) return;
    if (digest !== undefined || /^v?\d+\.\d+\.\d+(?:[-+].*)?$/.test(version)) return;
    const what =
      version === '' ? 'no version: the newest is taken' : 'a range of versions: the newest in it is taken';
    this.#warn(
      'CHART_VERSION_MOVES',
      `${formatOrigin(origin)}: ${chartTitle(chart)} has ${what}, which changes`,
    );
  }

  /** Exports of profiles name the registry of a pack, and do not always say where it is. */
  warnOfUnknown(profile: ParsedProfile, pack: ParsedPack): void {
    if (profile.isSilent === true) return;
    const { name, version, server } = pack;
    const title = `profile ${profile.name}, pack ${name}`;
    if ([...this.#charts.values()].some(({ chart }) => chart.name === name)) return;
    if (isChart(pack) && server === '') {
      const advice = `--chart repo=URL,name=${shownText(name)},version=${shownText(version)}`;
      const reason = 'it is a Helm chart, and the document does not say in which repository';
      this.#warn('CHART_REPOSITORY_UNKNOWN', `${title}: ${reason}; left out. Add ${advice}`);
    }
    if (mayBeChart(pack)) {
      const host = server === '' ? 'HOST/PATH' : shownText(withoutScheme(server));
      const advice = `--chart oci://${host}/${shownText(name)}:${shownText(version)}`;
      this.#warn(
        'CHART_TYPE_UNKNOWN',
        `${title}: it is from an OCI registry and may be a Helm chart; if so, add ${advice}`,
      );
    }
  }

  result(): ChartRequests {
    const sorted = [...this.#charts].toSorted(([left], [right]) => (left < right ? -1 : 1));
    const charts = sorted.map(([, { chart, origins }]) => ({ ...chart, origins: [...origins.values()] }));
    return { charts, warnings: this.#warnings };
  }

  #resolve(value: string, profile: ParsedProfile, place: string): string {
    const { text: resolved, problems, sensitive } = this.#resolver.resolve(value, profile);
    const [problem] = problems;
    if (problem !== undefined) {
      const { code, macro, reason, suggestion } = problem;
      throw new PaletteEdgeError(code, `${place}: ${macro} cannot be resolved: ${reason}`, {
        kind: 'usage',
        suggestions: suggestion === undefined ? [] : [suggestion],
      });
    }
    if (sensitive.length === 0) return resolved;
    const names = sensitive.map(shownText).join(', ');
    throw new PaletteEdgeError(
      'CHART_REFERENCE_INVALID',
      `${place}: the sensitive variable ${names} would become readable in the bundle`,
      { kind: 'usage', suggestions: ['Give credentials in the list "helm" of --cred-file-path FILE.'] },
    );
  }

  #warn(code: string, message: string): void {
    this.#warnings.push({ code, message });
  }
}
