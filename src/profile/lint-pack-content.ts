import type { Warning } from '../warning.ts';
import { isMisspelling } from './edit-distance.ts';
import { shownText } from './shown-text.ts';
import { entryOf, isAbsent, listField, mapField, textField } from './yaml-fields.ts';
import type { YamlEntry, YamlMap, YamlNode } from './yaml-tree.ts';

/** The keys of `pack.content`: what a pack needs besides its values. */
const contentKeys = ['images', 'charts'] as const;

/** Words that are surely meant when they stand in a chart entry; too far away to count as a misspelling. */
const chartAliases: Readonly<Record<string, string>> = { repository: 'repo', url: 'repo' };

/**
 * Finds what looks like content of a pack but is not read, because a key is misspelt or in the wrong place.
 *
 * @param title which pack it is: `profile edge, pack cni`
 * @param root one document of the pack's values
 */
export function lintPackContent(title: string, root: YamlNode): Warning[] {
  const pack = mapField(root, 'pack');
  const content = mapField(pack, 'content');
  return [
    ...lintRoot(title, root),
    ...lintMisspelt({ title, map: pack, at: 'pack.', words: ['content'], accepts: holdsLists }),
    ...lintPackFields(title, pack),
    ...lintMisspelt({ title, map: content, at: 'pack.content.', words: contentKeys, accepts: isList }),
    ...lintLists(title, content),
    ...lintImages(title, content),
    ...lintCharts(title, content),
  ];
}

function lintRoot(title: string, root: YamlNode): Warning[] {
  if (root.kind !== 'map') return [];
  const content = root.entries.get('content');
  const misplaced = content !== undefined && holdsLists(content.value) ? [contentAtRoot(title, content)] : [];
  const holdsContent = (node: YamlNode) => holdsLists(entryOf(node, 'content')?.value);
  return [
    ...misplaced,
    ...lintMisspelt({ title, map: root, at: '', words: ['pack'], accepts: holdsContent }),
  ];
}

function contentAtRoot(title: string, { line, value }: YamlEntry): Warning {
  const images = listField(value, 'images')?.items.length ?? 0;
  return {
    code: 'CONTENT_AT_ROOT',
    message: `${title}, values line ${line}: content stands at the root, so its ${countOf(images, 'image')} are left out; indent it below pack`,
  };
}

function lintPackFields(title: string, pack: YamlMap | undefined): Warning[] {
  return contentKeys.flatMap((key) => {
    const entry = entryOf(pack, key);
    if (entry === undefined || !isList(entry.value)) return [];
    const message = `${title}, values line ${entry.line}: pack.${key} is not read and left out; move it to pack.content.${key}`;
    return [{ code: 'MISPLACED_KEY', message }];
  });
}

function lintLists(title: string, content: YamlMap | undefined): Warning[] {
  return contentKeys.flatMap((key) => {
    const entry = entryOf(content, key);
    if (entry === undefined || isList(entry.value) || isAbsent(entry.value)) return [];
    const message = `${title}, values line ${entry.line}: pack.content.${key} is no list and left out`;
    return [{ code: 'CONTENT_NOT_READ', message }];
  });
}

function lintImages(title: string, content: YamlMap | undefined): Warning[] {
  return (listField(content, 'images')?.items ?? []).flatMap((item, index) => {
    const at = `pack.content.images[${index}]`;
    const image = entryOf(item, 'image')?.value;
    if (image?.kind === 'scalar' && image.type !== 'null') return [];
    const map = item.kind === 'map' ? item : undefined;
    const misspelt = lintMisspelt({ title, map, at: `${at}.`, words: ['image'], accepts: () => true });
    if (misspelt.length > 0) return misspelt;
    const message = `${title}, values line ${item.line}: ${at} names no image and is left out; expected - image: REFERENCE`;
    return [{ code: 'CONTENT_NOT_READ', message }];
  });
}

function lintCharts(title: string, content: YamlMap | undefined): Warning[] {
  return (listField(content, 'charts')?.items ?? []).flatMap((chart, index) => {
    const at = `pack.content.charts[${index}]`;
    const map = chart.kind === 'map' ? chart : undefined;
    const words = ['repo', 'name', 'version'];
    const misspelt = lintMisspelt({
      title,
      map,
      at: `${at}.`,
      words,
      accepts: () => true,
      aliases: chartAliases,
    });
    const missing = ['repo', 'name'].filter((key) => (textField(chart, key) ?? '').trim() === '');
    if (misspelt.length > 0 || missing.length === 0) return misspelt;
    const what = `${at} has no ${missing.join(' and no ')} and is left out`;
    const message = `${title}, values line ${chart.line}: ${what}; expected - repo: URL, name: NAME, version: VERSION`;
    return [{ code: 'CONTENT_NOT_READ', message }];
  });
}

interface MisspeltOptions {
  readonly title: string;
  readonly map: YamlMap | undefined;
  /** Path before the key, with its dot. */
  readonly at: string;
  /** Keys that are known here. */
  readonly words: readonly string[];
  /** Whether a value is what the known key would have. */
  readonly accepts: (value: YamlNode) => boolean;
  /** Other names for the known keys that are no misspellings. */
  readonly aliases?: Readonly<Record<string, string>>;
}

function lintMisspelt({ title, map, at, words, accepts, aliases = {} }: MisspeltOptions): Warning[] {
  return [...(map?.entries ?? [])].flatMap(([key, { line, value }]) => {
    if (words.includes(key) || !accepts(value)) return [];
    const alias = Object.hasOwn(aliases, key) ? aliases[key] : undefined;
    const word = alias ?? words.find((known) => isMisspelling(key, known));
    if (word === undefined || map?.entries.has(word)) return [];
    const shown = JSON.stringify(shownText(key));
    const message = `${title}, values line ${line}: ${at}${word} is misspelt as ${shown}, so it is left out; write ${word}`;
    return [{ code: 'MISSPELT_KEY', message }];
  });
}

function isList(node: YamlNode): boolean {
  return node.kind === 'list';
}

/** Whether the node has a list that content could have, possibly misspelt. */
function holdsLists(node: YamlNode | undefined): boolean {
  if (node?.kind !== 'map') return false;
  return contentKeys.some((key) => listField(node, key) !== undefined);
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
