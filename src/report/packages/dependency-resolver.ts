import { posix } from 'node:path';

import type { Digest } from '../../oci/digest.ts';
import type { FoundPackage } from './found-package.ts';

/** A package where it was found, with what it is known by in the image. */
export interface LocatedPackage {
  readonly id: string;
  readonly purl: string;
  readonly found: FoundPackage;
  readonly layer: Digest;
  readonly path: string;
}

/**
 * Finds what packages depend on, among all packages of an image. Names mean something among their like: in all databases of a
 * distribution, in one Go program, in one folder of Python's packages, and for npm in the folders above. What is not there is left out.
 *
 * @returns ids of dependencies, sorted, without the package itself
 */
export function dependencyResolver(packages: readonly LocatedPackage[]): (of: LocatedPackage) => string[] {
  const byName = new Map<string, string>();
  for (const { id, found, path } of packages) {
    // Its own name goes before what others say that they provide.
    byName.set(keyOf(scopeOf(found, path), nameOf(found, found.name)), id);
  }
  for (const { id, found, path } of packages) {
    for (const name of found.provides) {
      const key = keyOf(scopeOf(found, path), name);
      if (!byName.has(key)) byName.set(key, id);
    }
  }
  return ({ id, found, path }) => {
    const ids = found.requires.map((alternatives) => firstThere(alternatives, found, { path, byName }));
    return [...new Set(ids.filter((each) => each !== undefined))].filter((each) => each !== id).toSorted();
  };
}

interface Place {
  readonly path: string;
  readonly byName: ReadonlyMap<string, string>;
}

function firstThere(
  alternatives: readonly string[],
  found: FoundPackage,
  { path, byName }: Place,
): string | undefined {
  const scopes = found.type === 'npm' ? npmFolders(path) : [scopeOf(found, path)];
  return alternatives
    .flatMap((name) => scopes.map((scope) => byName.get(keyOf(scope, nameOf(found, name)))))
    .find((id) => id !== undefined);
}

function scopeOf({ type }: FoundPackage, path: string): string {
  if (type === 'golang') return `${type} ${path}`;
  if (type === 'npm') return `${type} ${path.slice(0, path.lastIndexOf('node_modules/'))}`;
  // Above METADATA there is the folder of its package; an .egg-info may be the file itself.
  if (type === 'pypi') return `${type} ${posix.dirname(path.replace(/\/(?:METADATA|PKG-INFO)$/, ''))}`;
  return type;
}

/** Where Node looks for what a package requires: in its own node_modules, then in those above it. */
function npmFolders(path: string): string[] {
  const own = `${posix.dirname(path)}/`;
  const parts = own.split('node_modules/');
  return parts.map((_, index) => `npm ${parts.slice(0, parts.length - index).join('node_modules/')}`);
}

function keyOf(scope: string, name: string): string {
  return `${scope}\n${name}`;
}

/** Python takes names with other case and signs for the same (Names and normalization). */
function nameOf({ type }: FoundPackage, name: string): string {
  return type === 'pypi' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name;
}
