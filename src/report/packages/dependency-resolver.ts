import { posix } from 'node:path';

import type { Digest } from '../../oci/digest.ts';
import type { FoundPackage } from './found-package.ts';

/** Folders of node_modules that lie in each other; npm makes no ten. */
const mostFolders = 32;

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
  const scopes = new Map<string, Map<string, string>>();
  for (const { id, found, path } of packages) {
    // Its own name goes before what others say that they provide.
    namesIn(scopes, scopeOf(found, path)).set(nameOf(found, found.name), id);
  }
  for (const { id, found, path } of packages) {
    const names = namesIn(scopes, scopeOf(found, path));
    for (const name of found.provides) if (!names.has(name)) names.set(name, id);
  }
  return ({ id, found, path }) => {
    const own = found.type === 'npm' ? npmFolders(path) : [scopeOf(found, path)];
    const places = own.flatMap((scope) => scopes.get(scope) ?? []);
    const ids = found.requires.map((alternatives) =>
      firstThere(
        alternatives.map((name) => nameOf(found, name)),
        places,
      ),
    );
    return [...new Set(ids.filter((each) => each !== undefined))].filter((each) => each !== id).toSorted();
  };
}

/** Ids by the names that mean something in a scope. */
function namesIn(scopes: Map<string, Map<string, string>>, scope: string): Map<string, string> {
  const known = scopes.get(scope);
  if (known !== undefined) return known;
  const made = new Map<string, string>();
  scopes.set(scope, made);
  return made;
}

function firstThere(
  alternatives: readonly string[],
  places: readonly ReadonlyMap<string, string>[],
): string | undefined {
  for (const name of alternatives) {
    for (const place of places) {
      const id = place.get(name);
      if (id !== undefined) return id;
    }
  }
  return undefined;
}

function scopeOf({ type }: FoundPackage, path: string): string {
  if (type === 'golang') return `${type} ${path}`;
  if (type === 'npm') return `${type} ${path.slice(0, path.lastIndexOf('node_modules/'))}`;
  // Above METADATA there is the folder of its package; an .egg-info may be the file itself.
  if (type === 'pypi') return `${type} ${posix.dirname(path.replace(/\/(?:METADATA|PKG-INFO)$/, ''))}`;
  return type;
}

/**
 * Where Node looks for what a package requires: in its own node_modules, then in those above it. Each is one look for each of thousands of
 * names: a path that is made of hundreds must not take hours.
 */
function npmFolders(path: string): string[] {
  const own = `${posix.dirname(path)}/`;
  const folders = [own];
  for (let end = own.length; folders.length < mostFolders;) {
    const at = own.slice(0, end).lastIndexOf('node_modules/');
    if (at === -1) break;
    folders.push(own.slice(0, at));
    end = at;
  }
  return folders.map((folder) => `npm ${folder}`);
}

/** Python takes names with other case and signs for the same (Names and normalization). */
function nameOf({ type }: FoundPackage, name: string): string {
  return type === 'pypi' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name;
}
