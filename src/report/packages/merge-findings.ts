import { posix } from 'node:path';

import { printable } from '../../io/printable.ts';
import type { Warning } from '../../warning.ts';
import type { Distribution, ImagePackages, Package } from '../package.ts';
import { dependencyResolver } from './dependency-resolver.ts';
import type { LocatedPackage } from './dependency-resolver.ts';
import { mergedRoot, resolvePath } from './merged-root.ts';
import type { MergedFile, MergedRoot, ScannedLayer } from './merged-root.ts';
import { databasePaths } from './package-files.ts';
import { purlOf } from './purl-of.ts';

/** Warnings of one image; of more only that there are more. */
const mostWarnings = 200;

/**
 * The packages of an image: those of its merged root file system, each with the layer that has it. Pure, and the same for the same layers.
 *
 * @param layers the lowest first
 */
export function mergeFindings(layers: readonly ScannedLayer[]): ImagePackages {
  const root = mergedRoot(layers);
  const distribution = distributionOf(root);
  const located = locatedPackages(root, distribution);
  const dependenciesOf = dependencyResolver(located);
  const licences = debianLicences(root);
  return {
    ...(distribution !== undefined && { distribution }),
    packages: located.map((each) => packageOf(each, dependenciesOf(each), licences)),
    warnings: capped([...layerWarnings(layers), ...fileWarnings(root), ...linkWarnings(root)]),
  };
}

/** `/etc/os-release` comes first (os-release(5)); it may be a link to the other one. */
function distributionOf({ files }: MergedRoot): Distribution | undefined {
  return ['etc/os-release', 'usr/lib/os-release']
    .map((path) => files.get(path)?.finding.distribution)
    .find((each) => each !== undefined);
}

function locatedPackages({ files }: MergedRoot, distribution: Distribution | undefined): LocatedPackage[] {
  const byId = new Map<string, LocatedPackage>();
  // A file of two names tells of its packages once: by the name that comes first.
  const told = new Set<MergedFile['finding']>();
  for (const [path, { layer, finding }] of [...files].toSorted(([left], [right]) => compare(left, right))) {
    if (told.has(finding)) continue;
    told.add(finding);
    for (const found of finding.packages) {
      const purl = purlOf(found, distribution);
      const id = `${purl} ${path}`;
      if (!byId.has(id)) byId.set(id, { id, purl, found, layer, path });
    }
  }
  return [...byId.values()].toSorted(
    (left, right) =>
      compare(left.found.type, right.found.type) ||
      compare(left.found.name, right.found.name) ||
      compare(left.found.version, right.found.version) ||
      compare(left.id, right.id),
  );
}

function packageOf(
  { id, purl, found, layer, path }: LocatedPackage,
  dependsOn: readonly string[],
  licences: ReadonlyMap<string, readonly string[]>,
): Package {
  const { type, name, version, architecture, supplier, homepage, goSum } = found;
  return {
    id,
    type,
    name,
    version,
    purl,
    ...(architecture !== undefined && { architecture }),
    licences: type === 'deb' ? (licences.get(name) ?? []) : found.licences,
    ...(supplier !== undefined && { supplier }),
    ...(homepage !== undefined && { homepage }),
    ...(goSum !== undefined && { goSum }),
    layer,
    path,
    dependsOn,
  };
}

/** By name of the package: its copyright file lies in a folder of that name, which may be a link to that of another package. */
function debianLicences({ files, links }: MergedRoot): ReadonlyMap<string, readonly string[]> {
  const licences = new Map<string, readonly string[]>();
  const folder = 'usr/share/doc';
  for (const [path, { finding }] of files) {
    if (finding.debianLicences !== undefined)
      licences.set(posix.basename(posix.dirname(path)), finding.debianLicences);
  }
  for (const path of links.keys()) {
    if (posix.dirname(path) !== folder) continue;
    const file = files.get(`${resolvePath(path, links) ?? path}/copyright`);
    if (file?.finding.debianLicences !== undefined)
      licences.set(posix.basename(path), file.finding.debianLicences);
  }
  return licences;
}

function layerWarnings(layers: readonly ScannedLayer[]): Warning[] {
  return layers.flatMap(({ digest, findings }) =>
    findings.problems.map((problem) => unread(`Layer ${digest} ${problem}`)),
  );
}

function fileWarnings({ files }: MergedRoot): Warning[] {
  return [...files]
    .toSorted(([left], [right]) => compare(left, right))
    .flatMap(([path, { layer, finding }]) =>
      finding.problems.map((problem) => unread(`${shown(path)} of layer ${layer} ${problem}`)),
    );
}

/** Databases that somebody has put elsewhere: they are read at the paths that are known, and nowhere else. */
function linkWarnings({ files, links }: MergedRoot): Warning[] {
  const known = new Set(databasePaths);
  const elsewhere = databasePaths.flatMap((path) => {
    const target = resolvePath(path, links);
    if (target === path || (target !== undefined && (known.has(target) || files.has(target)))) return [];
    const folder = posix.dirname(path);
    const leads = resolvePath(folder, links) === folder ? path : folder;
    return [`${shown(leads)} is a link to where packages are not looked for`];
  });
  return [...new Set(elsewhere)].map(unread);
}

function unread(message: string): Warning {
  return { code: 'PACKAGES_UNREAD', message: `${message}.` };
}

function capped(warnings: readonly Warning[]): Warning[] {
  if (warnings.length <= mostWarnings) return [...warnings];
  return [
    ...warnings.slice(0, mostWarnings),
    unread(`${warnings.length - mostWarnings} more files cannot be read`),
  ];
}

function shown(path: string): string {
  return `/${printable(path, 200)}`;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
