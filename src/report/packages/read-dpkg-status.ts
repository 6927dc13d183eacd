import { collectPackages } from './collect-packages.ts';
import { distinctNames, fieldText, isNamed } from './field-text.ts';
import type { Finding, FoundPackage } from './found-package.ts';
import { firstOf, paragraphs } from './paragraphs.ts';
import type { Paragraph } from './paragraphs.ts';

const wanted: ReadonlySet<string> = new Set([
  'Package',
  'Status',
  'Version',
  'Architecture',
  'Source',
  'Maintainer',
  'Homepage',
  'Provides',
  'Depends',
  'Pre-Depends',
]);

/** States in which files of a package are there as a whole (dpkg(1), "Package states"). */
const presentStates: ReadonlySet<string> = new Set([
  'installed',
  'unpacked',
  'half-configured',
  'triggers-awaited',
  'triggers-pending',
]);

/**
 * Packages of dpkg's status file (deb822(5); dpkg(1)), or of one of the files that images without dpkg have instead, in status.d/: these
 * have no states. What was removed, with its configuration left, is not there.
 */
export function readDpkgStatus(bytes: Buffer): Finding {
  return collectPackages(packagesOf(bytes));
}

function* packagesOf(bytes: Buffer): Generator<FoundPackage | undefined, void, undefined> {
  for (const paragraph of paragraphs(bytes, wanted)) if (isPresent(paragraph)) yield packageOf(paragraph);
}

function isPresent(paragraph: Paragraph): boolean {
  const status = firstOf(paragraph, 'Status');
  return status === undefined || presentStates.has(status.split(/\s+/)[2] ?? '');
}

function packageOf(paragraph: Paragraph): FoundPackage | undefined {
  const [name, version] = [
    fieldText(firstOf(paragraph, 'Package')),
    fieldText(firstOf(paragraph, 'Version')),
  ];
  if (name === undefined || version === undefined || !isNamed(name, version)) return undefined;
  return {
    type: 'deb',
    name,
    version,
    architecture: fieldText(firstOf(paragraph, 'Architecture')),
    licences: [],
    supplier: fieldText(firstOf(paragraph, 'Maintainer')),
    homepage: fieldText(firstOf(paragraph, 'Homepage')),
    upstream: upstreamOf(firstOf(paragraph, 'Source')),
    provides: distinctNames(relationsOf(paragraph, 'Provides').flat()),
    requires: [...relationsOf(paragraph, 'Pre-Depends'), ...relationsOf(paragraph, 'Depends')],
  };
}

/** `gcc-12 (12.2.0-14)`: the version is there when it is not that of the package. */
function upstreamOf(source: string | undefined): string | undefined {
  const [, name, version] = /^(\S+)(?:\s+\((\S+)\))?/.exec(source ?? '') ?? [];
  return fieldText(version === undefined ? name : `${name}@${version}`);
}

/** `a (>= 1), b:any | c`: names only, as what is there is what dpkg has let in. */
function relationsOf(paragraph: Paragraph, field: string): string[][] {
  return (firstOf(paragraph, field) ?? '')
    .split(',')
    .map((alternatives) =>
      distinctNames(alternatives.split('|').map((each) => /^[^\s:(]+/.exec(each.trim())?.[0])),
    )
    .filter((names) => names.length > 0);
}
