import { PaletteEdgeError } from '../errors.ts';
import { isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { Origin } from '../oci/origin.ts';
import { maskUserInfo, parseReference } from '../oci/reference.ts';
import { shownText } from './shown-text.ts';

/** A Helm chart that the inputs ask for. */
export interface RequestedChart {
  /** URL of the repository, without a slash at its end: `https://charts.example.com/stable`, `oci://ghcr.io/org/charts`. */
  readonly repository: string;
  readonly name: string;
  /** A version or a range of versions; empty for the newest release. */
  readonly version: string;
  /** Of the archive in an HTTP repository, of the manifest in a registry; undefined when none was asked for. */
  readonly digest?: Digest;
  /** True when it may be none: then it is left out when its registry has none. Undefined otherwise. */
  readonly isGuess?: boolean | undefined;
  /** Every place that asks for it, each once. */
  readonly origins: readonly Origin[];
}

/** What a chart is asked for by. */
export type ChartRequest = Omit<RequestedChart, 'origins'>;

const maximumLength = 1024;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,249}$/;
const expected =
  'Expected oci://HOST/PATH/NAME:VERSION, or repo=URL,name=NAME,version=VERSION with a URL that begins with https:// or oci://.';

/** A chart as messages name it: `thing ^1.2 of https://charts.example.com`. */
export function chartTitle({ repository, name, version }: ChartRequest): string {
  return `chart ${[name, version].filter((part) => part !== '').join(' ')} of ${withoutQuery(repository)}`;
}

/** Without what may be a secret. */
export function withoutQuery(repository: string): string {
  return repository.replace(/[?#].*$/s, '');
}

/**
 * Reads a chart as people write it on the command line: `oci://host/path/name:version`, or
 * `repo=URL,name=N[,version=V][,digest=sha256:…]`, in any order.
 *
 * @throws PaletteEdgeError `CHART_REFERENCE_INVALID` (kind usage)
 */
export function parseChartText(text: string): ChartRequest {
  if (text.length > maximumLength) throw invalid(text, `it is longer than ${maximumLength} characters`);
  if (text.startsWith('oci://')) return parseOciChart(text);
  const { repo = '', name = '', version = '', digest } = readFields(text);
  if (digest !== undefined && !isDigest(digest))
    throw invalid(text, 'its digest is not sha256: and 64 hex digits');
  return { ...chartRequest({ repository: repo, name, version }), digest };
}

/** Commas inside of a range belong to it: `version=>=1, <2`. */
function readFields(text: string): Partial<Record<string, string>> {
  const fields = new Map<string, string>();
  for (const part of text.split(/,(?=\s*(?:repo|name|version|digest)\s*=)/)) {
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(0, equals)).trim();
    const isKnown = ['repo', 'name', 'version', 'digest'].includes(key);
    if (!isKnown || fields.has(key)) throw invalid(text, 'it is not understood');
    fields.set(key, part.slice(equals + 1).trim());
  }
  return Object.fromEntries(fields);
}

/**
 * Checks what a chart is asked for by, and brings the repository's URL into one form.
 *
 * @throws PaletteEdgeError `CHART_REFERENCE_INVALID` (kind usage)
 */
export function chartRequest({ repository, name, version }: ChartRequest): ChartRequest {
  const shown = repository.trim();
  if (shown === '') throw invalid(name, 'it names no repository');
  if (!/^(?:https?|oci):\/\//i.test(shown) || !URL.canParse(shown))
    throw invalid(shown, 'its repository is no URL that begins with https:// or oci://');
  const url = new URL(shown);
  if (url.username !== '' || url.password !== '') {
    throw invalid(shown, 'credentials do not belong in a URL', [
      'Give them in the list "helm" of --cred-file-path FILE.',
    ]);
  }
  if (!namePattern.test(name))
    throw invalid(shown, `its chart cannot be named ${JSON.stringify(shownText(name))}`);
  url.hash = '';
  const trimmed = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  // A registry knows no queries; a repository may want a token.
  if (url.protocol === 'oci:' && url.search !== '') throw invalid(shown, 'a registry has no query');
  if (url.protocol === 'oci:') checkRegistryName(`${trimmed}/${name}`);
  return { repository: `${trimmed}${url.search}`, name, version: version.trim() };
}

/** What a name in a registry may be is told before anybody is asked. */
function checkRegistryName(text: string): void {
  try {
    parseReference(text);
  } catch (error) {
    if (!(error instanceof PaletteEdgeError)) throw error;
    throw invalid(text, error.message, error.suggestions);
  }
}

function parseOciChart(text: string): ChartRequest {
  const { registry, repository, tag, digest } = parseReference(text);
  const slash = repository.lastIndexOf('/');
  const path = slash === -1 ? '' : `/${repository.slice(0, slash)}`;
  // A tag that nobody wrote is no version: the newest one is meant.
  const isWritten = tag !== undefined && text.includes(`:${tag}`);
  const version = isWritten ? tag.replaceAll('_', '+') : '';
  return { repository: `oci://${registry}${path}`, name: repository.slice(slash + 1), version, digest };
}

function invalid(text: string, reason: string, suggestions: readonly string[] = []): PaletteEdgeError {
  const shown = JSON.stringify(shownText(withoutQuery(maskUserInfo(text))));
  return new PaletteEdgeError('CHART_REFERENCE_INVALID', `${shown} names no chart: ${reason}`, {
    kind: 'usage',
    suggestions: suggestions.length > 0 ? suggestions : [expected],
  });
}
