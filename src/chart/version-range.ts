import { compareChartVersions, comparePrereleases, parseChartVersion } from './chart-version.ts';
import type { ChartVersion } from './chart-version.ts';

/** Whether a version is in a range. */
export type VersionRange = (version: ChartVersion) => boolean;

const maximumLength = 512;
const maximumGroups = 32;

// As in Masterminds/semver 3, whose patterns these are: Helm takes exactly what they match.
const operators = '=||!=|>|<|>=|=>|<=|=<|~|~>|\\^';
const loose =
  'v?([0-9|x|X|*]+)(\\.[0-9|x|X|*]+)?(\\.[0-9|x|X|*]+)?' +
  '(-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?';
const groupPattern = new RegExp(
  `^(?:\\s*(?:${operators})\\s*(?:${loose})\\s*)(?:(?:\\s+|,\\s*)(?:${operators})\\s*(?:${loose})\\s*)*$`,
);
const conditionPattern = new RegExp(`^\\s*(${operators})\\s*(${loose})\\s*$`);
const findConditions = new RegExp(`(?:${operators})\\s*(?:${loose})`, 'g');
const hyphenPattern = new RegExp(`\\s*(${loose})\\s+-\\s+(${loose})\\s*`, 'g');

/**
 * Reads a range of versions as Helm does (Masterminds/semver 3): `^1.2`, `~1.2.3`, `>=1 <2 || 3.x`, `1.2 - 1.4`, `*`. It is
 * not npm's: `1.2` means `1.2.x`, and a range that names a pre-release takes any other pre-release in it, too.
 *
 * @returns undefined when it is none
 */
export function parseVersionRange(text: string): VersionRange | undefined {
  if (text.length > maximumLength) return undefined;
  const groups = withoutHyphens(text).split('||');
  if (groups.length > maximumGroups) return undefined;
  const ranges = groups.map(parseGroup);
  if (ranges.includes(undefined)) return undefined;
  return (version) => ranges.some((isIn) => isIn?.(version));
}

/** `1.2 - 1.4` is `>= 1.2, <= 1.4`. */
function withoutHyphens(text: string): string {
  return text.replace(hyphenPattern, (whole: string, ...groups: readonly unknown[]) => {
    const [from, to] = [groups[0], groups[8]];
    return typeof from === 'string' && typeof to === 'string' ? `>= ${from}, <= ${to} ` : whole;
  });
}

/**
 * Where the patterns allow any white space there is at most one space, and none beside a comma: more of it would match in so
 * many ways that a text that is no range takes for ever.
 */
function withoutSpareSpace(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').replaceAll(/ ?, ?/g, ',');
}

function parseGroup(group: string): VersionRange | undefined {
  const text = withoutSpareSpace(group);
  if (!groupPattern.test(text)) return undefined;
  const conditions = (text.match(findConditions) ?? [text]).map(parseCondition);
  const known = conditions.filter((condition) => condition !== undefined);
  if (known.length < conditions.length) return undefined;
  const takesPrereleases = known.some(({ bound }) => bound.prerelease !== '');
  return (version) =>
    (version.prerelease === '' || takesPrereleases) && known.every((condition) => isMet(condition, version));
}

/** One comparison of a range. */
interface Condition {
  readonly operator: string;
  readonly bound: ChartVersion;
  /** How many of major, minor and patch were written as numbers. */
  readonly parts: number;
}

function parseCondition(text: string): Condition | undefined {
  const found = conditionPattern.exec(text);
  if (found === null) return undefined;
  const [, operator = '', , ...fields] = found;
  const numbers = fields.slice(0, 3).map((field: string | undefined) => (field ?? '').replace(/^\./, ''));
  const prerelease = fields[3] ?? '';
  const free = numbers.findIndex((number) => /^[xX*]?$/.test(number));
  const parts = free === -1 ? 3 : free;
  const written = numbers.map((number, index) => (index < parts ? number : '0')).join('.');
  const bound = parseChartVersion(`${written}${prerelease}`);
  return bound === undefined ? undefined : { operator, bound, parts };
}

function isMet(condition: Condition, version: ChartVersion): boolean {
  const { operator, bound, parts } = condition;
  const order = compareChartVersions(version, bound);
  const isWhole = parts === 3;
  const checks: Readonly<Record<string, () => boolean>> = {
    '': () => (isWhole ? order === 0 : isTilde(condition, version)),
    '!=': () => !isSame(condition, version),
    '>': () => (isWhole ? order > 0 : isAbove(condition, version)),
    '<': () => order < 0,
    '>=': () => order >= 0,
    '<=': () => (isWhole ? order <= 0 : !isAboveParts(condition, version)),
    '^': () => order >= 0 && isCaret(condition, version),
    '~': () => isTilde(condition, version),
  };
  return checks[aliases[operator] ?? operator]?.() ?? false;
}

/** Other spellings. */
const aliases: Readonly<Record<string, string>> = { '=': '', '=>': '>=', '=<': '<=', '~>': '~' };

/** `1.2` is all of 1.2. */
function isSame({ bound, parts }: Condition, version: ChartVersion): boolean {
  if (parts === 3) return compareChartVersions(version, bound) === 0;
  // As it is in the library: `!=*` compares with 0.0.0.
  if (parts === 0) return compareChartVersions(version, bound) === 0;
  if (version.major !== bound.major) return false;
  if (parts === 1) return true;
  return version.minor === bound.minor && comparePrereleases(version.prerelease, bound.prerelease) === 0;
}

/** `>1` begins at 2, `>1.2` at 1.3. */
function isAbove({ bound, parts }: Condition, version: ChartVersion): boolean {
  if (version.major !== bound.major) return version.major > bound.major;
  if (parts === 0) return compareChartVersions(version, bound) > 0;
  return parts === 2 && version.minor > bound.minor;
}

/** `<=1` ends before 2, `<=1.2` before 1.3. */
function isAboveParts({ bound, parts }: Condition, version: ChartVersion): boolean {
  if (version.major !== bound.major) return version.major > bound.major;
  return parts !== 1 && version.minor > bound.minor;
}

function isTilde({ bound, parts }: Condition, version: ChartVersion): boolean {
  if (compareChartVersions(version, bound) < 0) return false;
  const isZero = bound.major === 0n && bound.minor === 0n && bound.patch === 0n;
  // ~* and, as it is in the library, ~0.0.0 take everything.
  if (isZero && (parts === 0 || parts === 3)) return true;
  return version.major === bound.major && (parts === 1 || version.minor === bound.minor);
}

/** Of a version from the bound on: the first part that is not 0 stays. */
function isCaret({ bound, parts }: Condition, version: ChartVersion): boolean {
  if (bound.major > 0n || parts === 1) return version.major === bound.major;
  if (version.major > 0n) return false;
  if (bound.minor > 0n || parts === 2) return version.minor === bound.minor;
  if (version.minor > 0n) return false;
  return version.patch === bound.patch;
}
