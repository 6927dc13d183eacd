import type { PageData, PageImage, PagePlatform } from '../html-page-data.ts';
import { element, foreignText } from './element.ts';
import type { Child } from './element.ts';
import { nameParts } from './image-name.ts';
import { bytesText, countOf } from './number-text.ts';

/** What else is known of an image: who asked for it, and the layers of its platforms. */
export function imageDetails(data: PageData, image: PageImage): HTMLElement {
  const first = image.sameAs === undefined ? undefined : data.images[image.sameAs];
  const { from, digest, omitted, origins, change } = image;
  const facts: (readonly [string, Child])[] = [['Digest', element('code', {}, digest)]];
  if (change?.was !== undefined) facts.push(['Was', was(change.was)]);
  if (from !== undefined) facts.push(['From', foreignText(from)]);
  if (first !== undefined) facts.push(['The same as', foreignText(first.name)]);
  if (omitted.length > 0) facts.push(['Left out', foreignText(omitted.join(', '))]);
  facts.push(['Asked for by', list(origins)]);
  const signs = data.artifacts.filter(({ about }) => about.includes(image.name));
  if (signs.length > 0) facts.push(['Companions', list(signs.map(({ what }) => what))]);
  return element(
    'div',
    { class: 'image-details' },
    element(
      'dl',
      { class: 'facts' },
      ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
    ),
    ...(first ?? image).platforms.map((platform) => layerTable(data, platform)),
  );
}

function was({ name, digest }: { readonly name: string; readonly digest: string }): HTMLElement {
  return element('span', {}, foreignText(name), ' ', element('code', {}, digest));
}

function list(texts: readonly string[]): HTMLElement {
  const items = texts.map((text) => element('li', {}, foreignText(text)));
  return element('ul', {}, ...items);
}

function layerTable(data: PageData, platform: PagePlatform): HTMLElement {
  const { distribution, layers } = platform;
  const title = element(
    'caption',
    {},
    element('strong', {}, foreignText(platform.platform)),
    distribution === undefined ? undefined : foreignText(`, ${distribution}`),
    `, ${countOf(layers.length, 'layer')}, the lowest first`,
  );
  const head = ['Layer', 'Size', 'Shared with', ...(data.update === undefined ? [] : ['Update'])];
  const heads = head.map((text) =>
    element('th', { scope: 'col', class: text === 'Size' ? 'number' : undefined }, text),
  );
  const rows = layers.map((layer) => layerRow(data, layer));
  return element(
    'table',
    { class: 'layers' },
    title,
    element('thead', {}, element('tr', {}, ...heads)),
    element('tbody', {}, ...rows),
  );
}

function layerRow({ layers, images, update }: PageData, place: number): HTMLElement {
  const layer = layers[place];
  if (layer === undefined) return element('tr');
  const names = layer.images.map((image) => nameParts(images[image]?.name ?? '').name);
  const shared =
    names.length > 1 ? `${countOf(names.length, 'image')}: ${names.join(', ')}` : 'no other image';
  const change = layer.isOld === true ? 'already there' : 'to ship';
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, element('code', {}, layer.digest)),
    element('td', { class: 'number' }, bytesText(layer.size)),
    element('td', {}, foreignText(shared)),
    update === undefined ? undefined : element('td', {}, change),
  );
}
