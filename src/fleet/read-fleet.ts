import { isAlias, visit } from 'yaml';

import { DocumentNode } from '../io/document-node.ts';
import { parseYamlText } from '../io/parse-yaml-text.ts';
import { maskUserInfo } from '../oci/reference.ts';
import type { Fleet, FleetContent, FleetSite } from './fleet.ts';
import { invalidFleet } from './fleet-error.ts';
import { optionNames, readOptions, siteOptions } from './read-site-options.ts';
import type { GivenOptions } from './read-site-options.ts';

/** Largest fleet file, in UTF-16 code units. */
const maximumLength = 4 * 1024 * 1024;
const maximumSites = 10_000;
const defaultChainLimit = 5;
const largestChainLimit = 50;

/** A name is a part of file names, and of names of jobs: what a label of DNS (RFC 1123) may be. */
const namePattern = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const longestName = 63;
/** With key and base it is the name of a bundle, of at most 63 characters. */
const longestContentName = 40;

/**
 * Reads a fleet file. Every field is checked, and what is not known is refused: it may be misspelt.
 *
 * @param source with the base name of the file, for messages
 * @throws PaletteEdgeError `FLEET_INVALID` (kind usage) with file, line and field
 */
export function readFleet(source: { readonly name: string; readonly text: string }): Fleet {
  const root = parse(source);
  const fields = root.fields([
    'fleetVersion',
    'bundles',
    'bases',
    'state',
    'chainLimit',
    'publish',
    'defaults',
    'contents',
    'groups',
  ]);
  if (fields.fleetVersion.isEmpty || fields.fleetVersion.wholeNumber(1, Number.MAX_SAFE_INTEGER) !== 1)
    throw fields.fleetVersion.invalid('expected 1', [
      'Is it a fleet file? One of a later version is read by a newer palette-edge.',
    ]);
  const contents = readContents(fields.contents);
  const defaults = fields.defaults.isEmpty ? {} : readOptions(fields.defaults.fields(optionNames));
  return {
    bundles: fields.bundles.optional(path) ?? 'bundles',
    bases: fields.bases.items().map(path),
    state: fields.state.optional(path) ?? 'fleet-state.jsonl',
    chainLimit:
      fields.chainLimit.optional((limit) => limit.wholeNumber(0, largestChainLimit)) ?? defaultChainLimit,
    publish: fields.publish.optional(publishUrl),
    sites: readGroups(fields.groups, contents, defaults),
  };
}

function parse({ name, text }: { readonly name: string; readonly text: string }): DocumentNode {
  if (text.length > maximumLength)
    throw invalidFleet(name, `it has more than ${maximumLength} characters`, ['Is it the right file?']);
  const { document, lineOf } = parseYamlText(text, { file: name, invalid: invalidFleet });
  visit(document, (_, node) => {
    if (!isAlias(node)) return;
    throw invalidFleet(
      `${name}:${lineOf(node.range?.[0] ?? 0)}`,
      'it has an alias (*…), which a fleet file cannot have',
      ['Put what sites share into their group, or into defaults.'],
    );
  });
  return new DocumentNode(document.contents, {
    file: name,
    line: 1,
    path: '',
    lineOf,
    invalid: invalidFleet,
  });
}

function readContents(node: DocumentNode): Map<string, FleetContent> {
  const contents = new Map<string, FleetContent>();
  for (const item of node.items()) {
    const content = readContent(item);
    if (contents.has(content.name)) throw item.invalid(`there is a content ${content.name} already`);
    contents.set(content.name, content);
  }
  return contents;
}

function readContent(node: DocumentNode): FleetContent {
  const fields = node.fields([
    'name',
    'profiles',
    'paletteProfiles',
    'images',
    'imagesFiles',
    'manifests',
    'charts',
    'definition',
  ]);
  const { definition, ...lists } = fields;
  const content = {
    name: readName(fields.name, longestContentName),
    profiles: lists.profiles.items().map(path),
    paletteProfiles: texts(lists.paletteProfiles),
    images: texts(lists.images),
    imagesFiles: lists.imagesFiles.items().map(path),
    manifests: lists.manifests.items().map(path),
    charts: texts(lists.charts),
    definition: definition.optional(path),
  };
  const { name: _, definition: defined, ...sources } = content;
  const hasSources = Object.values(sources).some((list) => list.length > 0);
  if (defined !== undefined && hasSources)
    throw definition.invalid('a definition names all images: nothing else goes with it');
  if (defined === undefined && !hasSources)
    throw node.invalid('it names nothing that could name an image: profiles, paletteProfiles, images …');
  return content;
}

function readGroups(
  node: DocumentNode,
  contents: ReadonlyMap<string, FleetContent>,
  defaults: GivenOptions,
): FleetSite[] {
  const sites = new Map<string, FleetSite>();
  const groups = new Set<string>();
  for (const item of node.items()) {
    const fields = item.fields(['name', 'content', 'sites', ...optionNames]);
    const group = readName(fields.name);
    if (groups.has(group)) throw fields.name.invalid(`there is a group ${group} already`);
    groups.add(group);
    const content = contents.get(fields.content.text());
    if (content === undefined)
      throw fields.content.invalid(
        `there is no such content; there are: ${[...contents.keys()].slice(0, 20).join(', ') || 'none'}`,
      );
    const own = readOptions(fields);
    for (const site of fields.sites.items()) {
      const { name, given } = readSite(site);
      const before = sites.get(name);
      if (before !== undefined)
        throw site.invalid(`there is a site ${name} already, in the group ${before.group}`);
      if (sites.size >= maximumSites) throw site.invalid(`there are more than ${maximumSites} sites`);
      sites.set(name, { name, group, content, options: siteOptions([defaults, own, given], site) });
    }
  }
  if (sites.size === 0) throw node.invalid('there are no sites');
  return [...sites.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** A name alone, or a mapping of name and options. */
function readSite(node: DocumentNode): { readonly name: string; readonly given: GivenOptions } {
  if (node.isScalar) return { name: readName(node), given: {} };
  const fields = node.fields(['name', ...optionNames]);
  return { name: readName(fields.name), given: readOptions(fields) };
}

function readName(node: DocumentNode, longest: number = longestName): string {
  const name = node.text();
  if (name.length <= longest && namePattern.test(name)) return name;
  throw node.invalid(`expected a name of at most ${longest} letters a-z, digits and dashes inside`);
}

function texts(node: DocumentNode): string[] {
  return node.items().map((item) => item.text());
}

function path(node: DocumentNode): string {
  const text = node.text();
  if (text === '' || text.includes('\0')) throw node.invalid('expected a path');
  return text;
}

/** What of it can be told here; `parsePublishPlace` says the rest. */
function publishUrl(node: DocumentNode): string {
  const url = node.text();
  if (!/^(?:oci|s3):\/\/[\x21-\x7E]+$/.test(url))
    throw node.invalid('expected oci://REGISTRY/REPOSITORY or s3://BUCKET/PREFIX');
  if (maskUserInfo(url) !== url) throw node.invalid('it has a password, which does not belong into a file');
  // All bundles go there, each under a tag of its own.
  if (url.startsWith('oci:') && /[:@][^/]*$/.test(url.slice('oci://'.length).replace(/^[^/]*/, '')))
    throw node.invalid('expected a repository without a tag: each bundle gets its own');
  return url;
}
