import { PaletteEdgeError } from '../errors.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';
import type { Warning } from '../warning.ts';
import { collectErrors, combineErrors } from './combine-errors.ts';
import type { MacroResolver } from './macro-resolver.ts';
import { adviceForPack, missingInPack, originOfPack, packChart, packKind } from './pack-chart.ts';
import type { ChartText } from './pack-chart.ts';
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
  /** `CHART_VERSION_MOVES` by chart: not to be told of one that is left out. */
  readonly moves: ReadonlyMap<RequestedChart, readonly Warning[]>;
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
    | 'may be a chart, and its repository or version is not known'
    | 'may be a chart, and cannot be asked for'
    | 'is taken for a pack, because it has pack.content';
}

/**
 * Finds the charts that profiles and flags ask for: `pack.content.charts`, and packs that are charts themselves, of the types
 * `helm` and `oci`. What is wrong with a pack that only may be one is a warning. Pure.
 *
 * @throws PaletteEdgeError of kind usage: `CHART_REFERENCE_INVALID`, `MACRO_UNRESOLVED` and what else macros may be; several
 *   as one
 */
export function requestCharts({ profiles, resolver, texts }: ChartInput): ChartRequests {
  const collector = new ChartCollector(resolver);
  const packs = profiles.flatMap((profile) => profile.packs.map((pack) => ({ profile, pack })));
  const named = collectErrors(texts, (chart) => {
    collector.keep(parseChartText(chart), { kind: 'flag', flag: 'chart' });
  });
  const found = packs.flatMap(({ profile, pack }) => [
    ...listedCharts(profile, pack),
    ...packChart(profile, pack),
  ]);
  const read = collectErrors(found.filter(isNamed), (chart) => collector.add(chart));
  for (const chart of found.filter((each) => !isNamed(each))) collector.skipUnnamed(chart);
  for (const { profile, pack } of packs) collector.warnOfUnknown(profile, pack);
  const failure = combineErrors([...named.errors, ...read.errors]);
  if (failure !== undefined) throw failure;
  return collector.result();
}

function isNamed({ repository, name }: ChartText): boolean {
  return repository !== '' && name !== '';
}

/** `pack.content.charts` of the values. What has no repository or no name is told by the lints. */
function listedCharts(profile: ParsedProfile, pack: ParsedPack): ChartText[] {
  return pack.content().charts.map(({ key, line, ...chart }) => {
    const origin = { kind: 'profile' as const, profile: profile.name, pack: pack.name, key, line };
    return { profile, pack, ...chart, origin };
  });
}

function withoutGuess({ isGuess: _isGuess, ...chart }: ChartRequest): ChartRequest {
  return chart;
}

function isExact(version: string): boolean {
  return /^v?\d+\.\d+\.\d+(?:[-+].*)?$/.test(version);
}

/** Whether two may be the same version: of a range nobody knows before the repository is asked. */
function isSameVersion(left: string, right: string): boolean {
  const [bare, other] = [left, right].map((version) => version.replace(/^v(?=\d)/, ''));
  return bare === other || !isExact(left) || !isExact(right);
}

interface KnownChart {
  readonly chart: ChartRequest;
  readonly origins: Map<string, Origin>;
  readonly moves: Warning[];
}

/** Collects charts with their origins and warnings; lives for one run. */
class ChartCollector {
  readonly #resolver: MacroResolver;
  readonly #charts = new Map<string, KnownChart>();
  /** Keys of charts by their names: profiles may have thousands of packs. */
  readonly #keys = new Map<string, Set<string>>();
  readonly #skipped: SkippedChart[] = [];
  readonly #warnings: Warning[] = [];

  constructor(resolver: MacroResolver) {
    this.#resolver = resolver;
  }

  /** @throws PaletteEdgeError that names the place, for what surely is a chart */
  add(text: ChartText): void {
    const { profile, origin } = text;
    try {
      this.keep({ ...this.#read(text), isGuess: text.isGuess }, origin, profile);
    } catch (error) {
      if (!(error instanceof PaletteEdgeError)) throw error;
      const { code, kind, suggestions } = error;
      const message = `${formatOrigin(origin)}: ${error.message}`;
      if (text.isGuess !== true) throw new PaletteEdgeError(code, message, { kind, suggestions });
      this.#skipGuess(text, error);
    }
  }

  #read({ profile, ...chart }: ChartText): ChartRequest {
    const resolve = (value: string): string => this.#resolve(value, profile);
    return chartRequest({
      repository: resolve(chart.repository),
      name: resolve(chart.name),
      version: resolve(chart.version),
    });
  }

  /** @param profile that asks for it; undefined for a flag */
  keep(chart: ChartRequest, origin: Origin, profile?: ParsedProfile): void {
    const { repository, name, version, digest } = chart;
    const key = JSON.stringify([repository, name, version, digest ?? '']);
    const known = this.#charts.get(key) ?? { chart, origins: new Map<string, Origin>(), moves: [] };
    // Who names it without a doubt settles it.
    const isGuess = known.chart.isGuess === true && chart.isGuess === true;
    this.#charts.set(key, { ...known, chart: isGuess ? known.chart : withoutGuess(known.chart) });
    this.#keys.set(name, (this.#keys.get(name) ?? new Set()).add(key));
    known.origins.set(JSON.stringify(origin), origin);
    if (profile?.isSilent !== true) known.moves.push(...movesWarning(chart, origin));
  }

  /** An entry that the lints tell of. */
  skipUnnamed({ profile, origin, repository, name, version }: ChartText): void {
    if (profile.isSilent === true) return;
    const text = shownText([name, version].filter((part) => part !== '').join(' '));
    this.#skipped.push({ origin, text, reason: repository === '' ? 'has no repository' : 'has no name' });
  }

  /** Exports of profiles name the registry of a pack, and do not always say where it is, or what it holds. */
  warnOfUnknown(profile: ParsedProfile, pack: ParsedPack): void {
    const kind = packKind(pack);
    if (kind === 'no chart' || profile.isSilent === true) return;
    if (this.#isSettled(originOfPack(profile, pack), pack)) return;
    if (kind === 'taken for a pack') this.#skipTaken(profile, pack);
    else if (missingInPack(pack) !== '') this.#skipUnknown(profile, pack);
  }

  #skipTaken(profile: ParsedProfile, pack: ParsedPack): void {
    if (pack.content().charts.length > 0) return;
    this.#skip(profile, pack, 'is taken for a pack, because it has pack.content');
  }

  #skipUnknown(profile: ParsedProfile, pack: ParsedPack): void {
    const [code, reason] =
      packKind(pack) === 'chart'
        ? (['CHART_REPOSITORY_UNKNOWN', 'its repository is not known'] as const)
        : (['CHART_TYPE_UNKNOWN', 'may be a chart, and its repository or version is not known'] as const);
    this.#skip(profile, pack, reason);
    this.#warn(code, `profile ${profile.name}, pack ${pack.name}: ${unknownText(pack)}`);
  }

  #skipGuess({ profile, pack, origin }: ChartText, { message }: PaletteEdgeError): void {
    if (profile.isSilent === true || this.#isSettled(origin, pack)) return;
    this.#skip(profile, pack, 'may be a chart, and cannot be asked for');
    const what = `it is from an OCI registry and may be a Helm chart, but cannot be asked for: ${message}`;
    const advice = `If it is one, add ${adviceForPack(pack)}`;
    this.#warn('CHART_TYPE_UNKNOWN', `${formatOrigin(origin)}: ${what}; left out. ${advice}`);
  }

  #skip(profile: ParsedProfile, pack: ParsedPack, reason: SkippedChart['reason']): void {
    const text = [pack.name, pack.version].map(shownText).join(' ').trim();
    this.#skipped.push({ origin: originOfPack(profile, pack), text, reason });
  }

  /**
   * Whether somebody has said where the chart of a pack is: a flag, or the pack's own list. That another pack has a chart of
   * that name says nothing of this one.
   */
  #isSettled(origin: Origin, { name, version }: Pick<ChartRequest, 'name' | 'version'>): boolean {
    const known = [...(this.#keys.get(name) ?? [])].flatMap((key) => this.#charts.get(key) ?? []);
    return known.some(
      ({ chart, origins }) =>
        chart.isGuess !== true &&
        isSameVersion(chart.version, version) &&
        [...origins.values()].some((other) => other.kind === 'flag' || isInListOf(other, origin)),
    );
  }

  result(): ChartRequests {
    const sorted = [...this.#charts].toSorted(([left], [right]) => (left < right ? -1 : 1));
    const all = sorted.map(([, { chart, origins, moves }]) => ({
      chart: { ...chart, origins: [...origins.values()] },
      moves,
    }));
    // Of a chart that several packs may be, each has to be settled.
    const kept = all.filter(
      ({ chart }) =>
        chart.isGuess !== true || !chart.origins.every((origin) => this.#isSettled(origin, chart)),
    );
    return {
      charts: kept.map(({ chart }) => chart),
      skipped: this.#skipped,
      warnings: this.#warnings,
      moves: new Map(kept.map(({ chart, moves }) => [chart, moves])),
    };
  }

  #resolve(value: string, profile: ParsedProfile): string {
    const { text: resolved, problems, sensitive } = this.#resolver.resolve(value, profile);
    const [problem] = problems;
    if (problem !== undefined) {
      const { code, macro, reason, suggestion } = problem;
      throw new PaletteEdgeError(code, `${macro} cannot be resolved: ${reason}`, {
        kind: 'usage',
        suggestions: suggestion === undefined ? [] : [suggestion],
      });
    }
    if (sensitive.length === 0) return resolved;
    const names = sensitive.map(shownText).join(', ');
    throw new PaletteEdgeError(
      'CHART_REFERENCE_INVALID',
      `the sensitive variable ${names} would become readable in the bundle`,
      { kind: 'usage', suggestions: ['Give credentials in the list "helm" of --cred-file-path FILE.'] },
    );
  }

  #warn(code: string, message: string): void {
    this.#warnings.push({ code, message });
  }
}

function movesWarning(chart: ChartRequest, origin: Origin): Warning[] {
  const { version, digest } = chart;
  if (digest !== undefined || isExact(version)) return [];
  const what =
    version === '' ? 'no version: the newest is taken' : 'a range of versions: the newest in it is taken';
  const message = `${formatOrigin(origin)}: ${chartTitle(chart)} has ${what}, which changes`;
  return [{ code: 'CHART_VERSION_MOVES', message }];
}

function unknownText(pack: ParsedPack): string {
  const advice = adviceForPack(pack);
  return packKind(pack) === 'chart'
    ? `it is a Helm chart, and the document does not say in which repository; left out. Add ${advice}`
    : `it is from an OCI registry and may be a Helm chart, but the document does not say ${missingInPack(pack)}; left out. If it is one, add ${advice}`;
}

function isInListOf(entry: Origin, pack: Origin): boolean {
  if (entry.kind !== 'profile' || pack.kind !== 'profile') return false;
  return entry.profile === pack.profile && entry.pack === pack.pack && entry.key.startsWith('pack.content.');
}
