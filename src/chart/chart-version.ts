/** The version of a chart (SemVer 2.0), read as loosely as Helm reads it: `v1.2`, `1`, `01.2.3`. */
export interface ChartVersion {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Without its `-`; empty for a release. */
  readonly prerelease: string;
}

const maximumLength = 256;
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const versionPattern = new RegExp(
  `^v?([0-9]{1,19})(?:\\.([0-9]{1,19}))?(?:\\.([0-9]{1,19}))?(?:-(${identifiers}))?(?:\\+(${identifiers}))?$`,
);

/**
 * Reads a version as Helm does (`NewVersion` of Masterminds/semver 3): a leading `v` and missing parts are fine.
 *
 * @returns undefined when it is none
 */
export function parseChartVersion(text: string): ChartVersion | undefined {
  const found = text.length > maximumLength ? null : versionPattern.exec(text);
  if (found === null) return undefined;
  const [, major = '0', minor = '0', patch = '0', prerelease = ''] = found;
  // SemVer 2.0, 9: numbers in it have no leading zeros.
  if (prerelease.split('.').some((part) => /^0[0-9]+$/.test(part))) return undefined;
  return { major: BigInt(major), minor: BigInt(minor), patch: BigInt(patch), prerelease };
}

/** Orders versions (SemVer 2.0, 11): negative when the left one is older. What is behind a `+` does not count. */
export function compareChartVersions(left: ChartVersion, right: ChartVersion): number {
  for (const part of ['major', 'minor', 'patch'] as const) {
    if (left[part] !== right[part]) return left[part] < right[part] ? -1 : 1;
  }
  return comparePrereleases(left.prerelease, right.prerelease);
}

/** Orders pre-releases; none is newer than any. */
export function comparePrereleases(left: string, right: string): number {
  if (left === right) return 0;
  if (left === '' || right === '') return left === '' ? 1 : -1;
  const [lefts, rights] = [left.split('.'), right.split('.')];
  for (const [index, part] of lefts.entries()) {
    const other = rights[index];
    if (other === undefined) return 1;
    if (part !== other) return compareIdentifiers(part, other);
  }
  return -1;
}

/** Numbers by their value, and before everything else; the rest as text. */
function compareIdentifiers(left: string, right: string): number {
  const [isNumber, isOtherNumber] = [/^[0-9]+$/.test(left), /^[0-9]+$/.test(right)];
  if (isNumber && isOtherNumber) return BigInt(left) < BigInt(right) ? -1 : 1;
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return left < right ? -1 : 1;
}
