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
  /** In the order of the packs. */
  readonly skipped: readonly SkippedChart[];
  readonly warnings: readonly Warning[];
}

/** What names a chart, or may be one, and does not count. */
interface SkippedChart {
  readonly origin: Origin;
  /** Name and version as they stand. */
  readonly text: string;
  readonly reason:
    | 'has no repository'
    | 'has no name'
    | 'its repository is not known'
    | 'may be a chart, and its repository or version is not known';
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
  const read = collectErrors(found.filter(isNamed), (chart) => collector.add(chart));
  for (const chart of found.filter((each) => !isNamed(each))) collector.skipUnnamed(chart);
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

function isNamed({ repository, name }: ChartText): boolean {
  return repository !== '' && name !== '';
}

/** `pack.content.charts` of the values. What has no repository or no name is told by the lints. */
function listedCharts(profile: ParsedProfile, pack: ParsedPack): ChartText[] {
  return pack.content().charts.map(({ key, line, ...chart }) => {
    const origin = { kind: 'profile' as const, profile: profile.name, pack: pack.name, key, line };
    return { profile, ...chart, origin };
  });
}

/** A pack that is a chart, or may be one: its registry is a chart repository, its name the chart's. */
function ownChart(profile: ParsedProfile, pack: ParsedPack): ChartText[] {
  const { name, version, server, type } = pack;
  const isGuess = !isChart(pack);
  if (server === '' || (isGuess && (version === '' || !mayBeChart(pack)))) return [];
  const isUrl = /^[a-z]+:\/\//i.test(server);
  // A registry may be given with the scheme of its API.
  const repository =
    isUrl && type !== 'oci' ? server : `${type === 'oci' ? 'oci' : 'https'}://${withoutScheme(server)}`;
  const chart = { profile, repository, name, version, origin: originOf(profile, pack) };
  return [isGuess ? { ...chart, isGuess } : chart];
}

function originOf({ name: profile }: ParsedProfile, { name: pack, type }: ParsedPack): ChartText['origin'] {
  return { kind: 'profile', profile, pack, key: `type ${type}` };
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

/** What a pack does not say of its chart. A sure one is the newest when it has no version. */
function missingIn(pack: ParsedPack): string {
  const parts = [
    ...(pack.server === '' ? ['where that is (server)'] : []),
    ...(pack.version === '' && !isChart(pack) ? ['which version (version)'] : []),
  ];
  return parts.join(' and ');
}

/** The flag that names the chart of a pack. */
function adviceFor({ type, name, version, server }: ParsedPack): string {
  const shown = version === '' ? 'VERSION' : shownText(version);
  if (type !== 'oci') return `--chart repo=URL,name=${shownText(name)},version=${shown}`;
  const place = server === '' ? 'HOST/PATH' : shownText(withoutScheme(server));
  return `--chart oci://${place}/${shownText(name)}:${shown}`;
}

function withoutGuess({ isGuess: _isGuess, ...chart }: ChartRequest): ChartRequest {
  return chart;
}

/** Collects charts with their origins and warnings; lives for one run. */
class ChartCollector {
  readonly #resolver: MacroResolver;
  readonly #charts = new Map<string, { chart: ChartRequest; origins: Map<string, Origin> }>();
  readonly #skipped: SkippedChart[] = [];
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
      this.keep({ ...chartRequest(resolved), isGuess: chart.isGuess }, origin, profile);
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
    // Who names it without a doubt settles it.
    const isGuess = known.chart.isGuess === true && chart.isGuess === true;
    this.#charts.set(key, { ...known, chart: isGuess ? known.chart : withoutGuess(known.chart) });
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

  /** An entry that the lints tell of. */
  skipUnnamed({ profile, origin, repository, name, version }: ChartText): void {
    if (profile.isSilent === true) return;
    const text = shownText([name, version].filter((part) => part !== '').join(' '));
    this.#skipped.push({ origin, text, reason: repository === '' ? 'has no repository' : 'has no name' });
  }

  /** Exports of profiles name the registry of a pack, and do not always say where it is, or what it holds. */
  warnOfUnknown(profile: ParsedProfile, pack: ParsedPack): void {
    const isSure = isChart(pack);
    if (profile.isSilent === true || !(isSure || mayBeChart(pack))) return;
    if (this.#isAskedFor(pack.name) || missingIn(pack) === '') return;
    const { name, version } = pack;
    const reason = isSure
      ? ('its repository is not known' as const)
      : ('may be a chart, and its repository or version is not known' as const);
    const text = [name, version].map(shownText).join(' ').trim();
    this.#skipped.push({ origin: originOf(profile, pack), text, reason });
    const [code, what] = isSure
      ? ['CHART_REPOSITORY_UNKNOWN', 'it is a Helm chart, and the document does not say in which repository']
      : [
          'CHART_TYPE_UNKNOWN',
          `it is from an OCI registry and may be a Helm chart, but the document does not say ${missingIn(pack)}`,
        ];
    const advice = `${isSure ? 'Add' : 'If it is one, add'} ${adviceFor(pack)}`;
    this.#warn(code, `profile ${profile.name}, pack ${name}: ${what}; left out. ${advice}`);
  }

  #isAskedFor(name: string): boolean {
    return [...this.#charts.values()].some(({ chart }) => chart.name === name);
  }

  result(): ChartRequests {
    const sorted = [...this.#charts].toSorted(([left], [right]) => (left < right ? -1 : 1));
    const all = sorted.map(([, { chart, origins }]) => ({ ...chart, origins: [...origins.values()] }));
    const sure = new Set(all.filter(({ isGuess }) => isGuess !== true).map(({ name }) => name));
    // Somebody has said where it is.
    const charts = all.filter(({ isGuess, name }) => isGuess !== true || !sure.has(name));
    return { charts, skipped: this.#skipped, warnings: this.#warnings };
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
