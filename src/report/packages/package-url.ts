import type { PackageType } from '../package.ts';

/** Types of package URLs that reports have: of packages, and of what registries hold. */
type PurlType = PackageType | 'oci';

/** The parts of a package URL, before they are encoded. */
export interface PackageUrlParts {
  readonly type: PurlType;
  /** Segments with a slash between them. */
  readonly namespace?: string | undefined;
  readonly name: string;
  /** Left out when empty. */
  readonly version?: string | undefined;
  /** Those without a value are left out. */
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
}

/** Types whose names are compared without their case, and so are written in lower case (purl-spec, definitions of these types). */
const lowerCaseNames: ReadonlySet<PurlType> = new Set(['deb', 'apk', 'golang', 'pypi', 'oci']);

/** A package URL in its canonical form (purl-spec, "How to build a PURL", and the definitions of the types). */
export function packageUrl({ type, namespace, name, version, qualifiers }: PackageUrlParts): string {
  const folder = (namespace ?? '')
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => encode(type === 'npm' ? segment : segment.toLowerCase()));
  const end = version === undefined || version === '' ? '' : `@${encode(version)}`;
  return `pkg:${[type, ...folder, encode(nameOf(type, name))].join('/')}${end}${queryOf(qualifiers ?? {})}`;
}

function nameOf(type: PurlType, name: string): string {
  const cased = lowerCaseNames.has(type) ? name.toLowerCase() : name;
  return type === 'pypi' ? cased.replaceAll('_', '-') : cased;
}

function queryOf(qualifiers: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(qualifiers)
    .flatMap(([key, value]) => (value === undefined || value === '' ? [] : [`${key}=${encode(value)}`]))
    .toSorted();
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** All but letters, digits, `.-_~` and the colon (purl-spec, "Character encoding"). */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}
