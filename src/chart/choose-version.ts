import { compareChartVersions, parseChartVersion } from './chart-version.ts';
import { parseVersionRange } from './version-range.ts';

/**
 * Chooses a version as Helm does (`IndexFile.Get`, `GetTagMatchingVersionOrConstraint`): the one that is named just so, else
 * the newest in the range.
 *
 * @param versions as a repository has them, in any order; what is no version counts only when it is named just so
 * @param wanted a version or range; empty for the newest release
 * @returns one of the versions, or undefined when none fits or `wanted` is no range
 */
export function chooseVersion(versions: readonly string[], wanted: string): string | undefined {
  if (wanted !== '' && versions.includes(wanted)) return wanted;
  const isIn = parseVersionRange(wanted === '' ? '*' : wanted);
  if (isIn === undefined) return undefined;
  const fitting = versions.flatMap((text) => {
    const version = parseChartVersion(text);
    return version !== undefined && isIn(version) ? [{ text, version }] : [];
  });
  return fitting.toSorted((left, right) => compareChartVersions(right.version, left.version))[0]?.text;
}

/** Whether a version is none, but a range of them; nothing means any release. */
export function isVersionRange(text: string): boolean {
  return text === '' || (parseChartVersion(text) === undefined && parseVersionRange(text) !== undefined);
}

/** Whether a version names one chart, and does not stand for whatever is newest. */
export function isExactVersion(text: string): boolean {
  return /^v?\d+\.\d+\.\d+/.test(text) && parseChartVersion(text) !== undefined;
}
