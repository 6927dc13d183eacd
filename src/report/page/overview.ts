import type { PageData } from '../html-page-data.ts';
import { element, foreignText } from './element.ts';
import type { Child } from './element.ts';
import { bytesText, countOf, countText, momentText, shareText } from './number-text.ts';

/** A number that everybody looks for first. */
interface Tile {
  readonly label: string;
  readonly value: string;
  readonly hint: string;
}

/** The top of the page: which bundle it is, and what of it counts most. */
export function overview(data: PageData): HTMLElement {
  const tiles = data.update === undefined ? bundleTiles(data) : updateTiles(data, data.update);
  const list = tiles.map(({ label, value, hint }) =>
    element(
      'div',
      { class: 'tile' },
      element('dt', {}, label),
      element('dd', { class: 'value' }, value),
      element('dd', { class: 'hint' }, hint),
    ),
  );
  return element(
    'section',
    { id: 'overview', 'aria-labelledby': 'title' },
    heading(data),
    facts(data),
    element('dl', { class: 'tiles' }, ...list),
  );
}

function heading({ bundle, update }: PageData): HTMLElement {
  const name = foreignText(bundle.name);
  if (update === undefined) return element('h1', { id: 'title' }, name);
  const { before } = update;
  return element(
    'h1',
    { id: 'title' },
    element('span', { class: 'was' }, foreignText(before.name), ' ', element('code', {}, before.id)),
    element('span', { class: 'arrow', 'aria-hidden': 'true' }, '→'),
    element('span', { class: 'unseen' }, ' becomes '),
    name,
    ' ',
    element('code', {}, bundle.id),
  );
}

function facts({ bundle, signatures }: PageData): HTMLElement {
  const { id, plainId, mode, parts, created, profiles, chosen } = bundle;
  const items: readonly (readonly [string, Child])[] = [
    ['Id', element('code', {}, plainId === undefined ? id : `${id} (plain: ${plainId})`)],
    ['Form', parts === undefined ? modeNames[mode] : `${modeNames[mode]}, in ${countOf(parts, 'part')}`],
    ['Newest image', momentText(created)],
    ...(profiles.length === 0 ? [] : [['Profiles', foreignText(profiles.join(', '))] as const]),
    ...(chosen.length === 0 ? [] : [['Only images', foreignText(chosen.join(', '))] as const]),
    ['Signature', signatureText(signatures)],
  ];
  return element(
    'dl',
    { class: 'facts' },
    ...items.map(([label, value]) => element('div', {}, element('dt', {}, label), element('dd', {}, value))),
  );
}

const modeNames = { plain: 'plain bundle', squeezed: 'squeezed bundle', delta: 'delta bundle' } as const;

function signatureText(signatures: PageData['signatures']): string {
  if (signatures.length === 0) return 'none';
  const checked = signatures.filter(({ checkedWith }) => checkedWith !== undefined);
  if (checked.length === 0) return `${countText(signatures.length)}, not checked`;
  return `checked with ${checked.map(({ checkedWith = '' }) => checkedWith).join(', ')}`;
}

function bundleTiles(data: PageData): Tile[] {
  const { bundle, layers, artifacts, files, packages } = data;
  const shared = layers.filter(({ images }) => images.length > 1).length;
  const others = [
    ...countedKind(artifacts, 'chart'),
    ...countedKind(artifacts, 'companion'),
    ...(files.length > 0 ? [countOf(files.length, 'file')] : []),
  ];
  const read =
    packages === undefined
      ? []
      : [{ label: 'Packages', value: countText(packages.total), hint: 'found in the layers, each once' }];
  return [
    { label: 'Bundle', value: bytesText(bundle.size), hint: 'the file that travels' },
    { label: 'Content', value: bytesText(bundle.contentSize), hint: 'as registries have it, each blob once' },
    imagesTile(data, others),
    {
      label: 'Layers',
      value: countText(layers.length),
      hint: `${countText(shared)} shared by several images`,
    },
    ...read,
  ];
}

function countedKind(artifacts: PageData['artifacts'], kind: 'chart' | 'companion'): string[] {
  const count = artifacts.filter((artifact) => artifact.kind === kind).length;
  return count === 0 ? [] : [countOf(count, kind)];
}

function imagesTile({ images }: PageData, others: readonly string[]): Tile {
  const platforms = new Set(images.flatMap((image) => image.platforms.map(({ platform }) => platform)));
  const hint = others.length > 0 ? `and ${others.join(', ')}` : `for ${[...platforms].toSorted().join(', ')}`;
  return { label: 'Images', value: countText(images.length), hint };
}

function updateTiles(
  { bundle, images }: PageData,
  { toShip, kept, removed }: NonNullable<PageData['update']>,
): Tile[] {
  const count = (kind: string): number => images.filter(({ change }) => change?.kind === kind).length;
  const gone = removed.filter(({ what }) => what === 'image').length;
  const same = count('same') + count('platforms');
  return [
    {
      label: 'To ship',
      value: bytesText(toShip.bytes),
      hint: `${countOf(toShip.blobs, 'blob')} that are new`,
    },
    {
      label: 'Already there',
      value: bytesText(kept.bytes),
      hint: `${shareText(kept.bytes, bundle.contentSize)} of the new content`,
    },
    { label: 'Whole bundle', value: bytesText(bundle.size), hint: 'the file, if it travels as it is' },
    {
      label: 'Images that change',
      value: countText(count('added') + count('updated') + gone),
      hint: `${count('added')} added, ${count('updated')} updated, ${gone} removed`,
    },
    { label: 'Images that stay', value: countText(same), hint: `of ${countText(images.length)}` },
  ];
}
