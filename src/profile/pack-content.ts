import type { Warning } from '../warning.ts';
import type { FoundImage } from './discover-reference.ts';
import { discoverInValues } from './discover-in-values.ts';
import { lintPackContent } from './lint-pack-content.ts';
import { namedInValues } from './named-in-values.ts';
import type { NamedInValues } from './named-in-values.ts';
import { ownText } from './own-text.ts';
import type { ReadingNotes, TemplatedYaml } from './templated-yaml.ts';
import { entryOf, isAbsent, listField, mapField, scalarField } from './yaml-fields.ts';
import type { YamlNode } from './yaml-tree.ts';

/** All that is needed of a pack's values, whichever pack they are of. Macros are still in it. */
export interface PackContent extends ReadingNotes {
  /** Whether there is nothing in them. */
  readonly isEmpty: boolean;
  /** In the order of the values. */
  readonly named: readonly NamedInValues[];
  /** Messages begin behind the pack's title. */
  readonly lints: readonly Warning[];
  /** Whether there is a `pack.content.images`. */
  readonly hasImageList: boolean;
  /** Whether there are `manifests`. */
  readonly hasManifests: boolean;
  /** Line of the key `pack`. */
  readonly packLine: number | undefined;
  /** Whether there is a `pack.content`. */
  readonly hasContent: boolean;
  /** Entries of `pack.content.charts`; the lints tell of those without repository or name. */
  readonly charts: readonly ListedChart[];
  /** Whether charts are listed, or have values under `charts`. */
  readonly hasCharts: boolean;
  /** Images that the values name the way charts read them, whether a list has them or not. */
  readonly found: readonly FoundImage[];
}

/** An entry of `pack.content.charts`. */
interface ListedChart {
  /** Empty when none is given, as name and version are. */
  readonly repository: string;
  readonly name: string;
  readonly version: string;
  /** `pack.content.charts[0]`. */
  readonly key: string;
  /** 1-based. */
  readonly line: number | undefined;
}

/** Gathers it in one visit, so that the trees can be let go. */
export function packContent(text: string, { documents, ...notes }: TemplatedYaml): PackContent {
  const roots = documents.map(({ root }) => root);
  const contents = roots.map((root) => entryOf(mapField(root, 'pack'), 'content')?.value);
  return {
    ...notes,
    isEmpty: roots.length === 0,
    named: roots.flatMap((root) => namedInValues(root, text)).map(detached),
    lints: roots.flatMap((root) => lintPackContent('', root)),
    hasImageList: contents.some((content) => !isAbsent(entryOf(content, 'images')?.value)),
    hasManifests: roots.some((root) => (mapField(root, 'manifests')?.entries.size ?? 0) > 0),
    packLine: roots.map((root) => entryOf(root, 'pack')?.line).find((line) => line !== undefined),
    hasContent: contents.some((content) => content !== undefined),
    charts: contents.flatMap(listedCharts),
    hasCharts:
      contents.some((content) => (listField(content, 'charts')?.items.length ?? 0) > 0) ||
      roots.some((root) => mapField(root, 'charts') !== undefined),
    found: roots.flatMap((root) => discoverInValues(root, wholeValues)).map(detached),
  };
}

const wholeValues = { path: '', appVersions: new Map<string, string>(), passedOver: new Set<string>() };

/** What is kept of all packs must not keep their texts as they were parsed. */
function detached<Named extends { readonly text: string; readonly key: string }>(named: Named): Named {
  return { ...named, text: ownText(named.text), key: ownText(named.key) };
}

function listedCharts(content: YamlNode | undefined): ListedChart[] {
  return (listField(content, 'charts')?.items ?? []).map((item, index) => ({
    repository: textOf(item, 'repo'),
    name: textOf(item, 'name'),
    version: textOf(item, 'version'),
    key: `pack.content.charts[${index}]`,
    line: entryOf(item, 'repo')?.line ?? item.line,
  }));
}

function textOf(node: YamlNode, key: string): string {
  return ownText(scalarField(node, key)?.text.trim() ?? '');
}
