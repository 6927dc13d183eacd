import type { Finding, FoundPackage } from './found-package.ts';

/** Packages of one file that are kept; images have some thousands. */
const mostPackages = 200_000;
/** Names in all their relations; images have some ten thousands. */
const mostNames = 2_000_000;

/**
 * Packages as a database tells of them, one after the other. What makes no sense as one comes as undefined, and is counted. A database that
 * is made to fill memory is cut: by the number of packages, and of names that they provide and require.
 */
export function collectPackages(found: Iterable<FoundPackage | undefined>): Finding {
  const packages: FoundPackage[] = [];
  const problems: string[] = [];
  let unnamed = 0;
  let names = 0;
  for (const each of found) {
    if (each === undefined) {
      unnamed += 1;
      continue;
    }
    if (packages.length === mostPackages) {
      problems.push(`has more than ${mostPackages} packages; what comes behind is not listed`);
      break;
    }
    names += nameCount(each);
    if (names > mostNames) {
      problems.push(`has more than ${mostNames} dependencies; what comes behind is not listed`);
      break;
    }
    packages.push(each);
  }
  if (unnamed > 0) problems.push(`has ${unnamed} packages without a name or version`);
  return { packages, problems };
}

/** How many names of others a package provides and requires. */
export function nameCount({ provides, requires }: FoundPackage): number {
  return provides.length + requires.reduce((sum, { length }) => sum + length, 0);
}
