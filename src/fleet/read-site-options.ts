import type { DocumentNode } from '../io/document-node.ts';
import { parseByteSize } from '../io/parse-byte-size.ts';
import type { FleetEffort, SiteOptions } from './fleet.ts';

/** The fields of options, in defaults, groups and sites. */
export const optionNames = [
  'arch',
  'map',
  'exclude',
  'squeeze',
  'split',
  'privateKey',
  'encryptTo',
  'iso',
] as const;

/** Options as one place gives them; `none` takes back what an outer place gives. */
export type GivenOptions = {
  readonly [Name in keyof SiteOptions]?: SiteOptions[Name] | 'none' | undefined;
};

type OptionNodes = Readonly<Record<(typeof optionNames)[number], DocumentNode>>;

const efforts: readonly FleetEffort[] = ['fast', 'balanced', 'max'];
const architectures: readonly string[] = ['amd64', 'arm64'];
/** Bytes: as for `--split`. */
const smallestPart = 1024 * 1024;

/** @throws PaletteEdgeError `FLEET_INVALID` (kind usage) with line and field */
export function readOptions(fields: OptionNodes): GivenOptions {
  return {
    arch: fields.arch.optional(readArchitectures),
    map: fields.map.optional(texts),
    exclude: fields.exclude.optional(texts),
    squeeze: fields.squeeze.optional((value) => orNone(value, readEffort)),
    split: fields.split.optional((value) => orNone(value, readSize)),
    privateKey: fields.privateKey.optional(readPath),
    encryptTo: fields.encryptTo.optional(texts),
    iso: fields.iso.optional((value) => value.truth()),
  };
}

/**
 * Options of a site: of each the innermost that was given. A list takes the place of an outer one.
 *
 * @param given from the outermost
 * @throws PaletteEdgeError `FLEET_INVALID` (kind usage) for options that do not go together
 */
export function siteOptions(given: readonly GivenOptions[], site: DocumentNode): SiteOptions {
  const all: GivenOptions = Object.assign({}, ...given.map(withoutUndefined));
  const options = {
    arch: listOf(all.arch),
    map: listOf(all.map),
    exclude: listOf(all.exclude),
    squeeze: unlessNone(all.squeeze),
    split: unlessNone(all.split),
    privateKey: unlessNone(all.privateKey),
    encryptTo: listOf(all.encryptTo),
    iso: all.iso === true,
  };
  if (options.iso && options.encryptTo.length > 0)
    throw site.invalid(
      'iso and encryptTo do not go together: the host that starts from the image could not decrypt it',
    );
  return options;
}

function listOf(list: readonly string[] | 'none' | undefined): readonly string[] {
  return list === undefined || list === 'none' ? [] : list;
}

function unlessNone<T>(value: T | 'none'): T | undefined {
  return value === 'none' ? undefined : value;
}

/** What is not given must not take the place of what an outer place gives. */
function withoutUndefined(given: GivenOptions): GivenOptions {
  const fields: [string, unknown][] = Object.entries(given);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function readArchitectures(node: DocumentNode): string[] {
  const names = node.items().map((item) => {
    const name = item.text();
    if (!architectures.includes(name)) throw item.invalid(`expected ${architectures.join(' or ')}`);
    return name;
  });
  // In any order it is the same bundle.
  return [...new Set(names)].toSorted();
}

function readEffort(node: DocumentNode): FleetEffort {
  const text = node.text();
  const effort = efforts.find((known) => known === text);
  if (effort === undefined) throw node.invalid(`expected ${efforts.join(', ')} or none`);
  return effort;
}

function readSize(node: DocumentNode): number {
  const size = parseByteSize(node.text());
  if (size !== undefined && size >= smallestPart) return size;
  throw node.invalid('expected a size of at least 1MiB, as 3GB or 4GiB-1, or none');
}

function orNone<T>(node: DocumentNode, read: (node: DocumentNode) => T): T | 'none' {
  return node.isScalar && node.text() === 'none' ? 'none' : read(node);
}

function texts(node: DocumentNode): string[] {
  return node.items().map((item) => item.text());
}

/** An empty one would be no key, and the bundle not signed. */
function readPath(node: DocumentNode): string {
  const text = node.text();
  if (text === '' || text.includes('\0')) throw node.invalid('expected the path of a key, or none');
  return text;
}
