import type { PageCell, PageData, PageGroup, PageLayer } from '../html-page-data.ts';
import { nameParts } from './image-name.ts';
import { bytesText, countOf, shareText, shortDigest } from './number-text.ts';

/** Something on the map of bytes: a group, or a cell of one. */
export interface MapItem {
  readonly label: string;
  /** All of it in words. */
  readonly description: string;
  /** What a search looks into, in lower case. */
  readonly text: string;
  readonly size: number;
  /** How it is drawn. */
  readonly className: string;
  /** The image that it is of, when it is of one. */
  readonly image: number | undefined;
  /** Images that have it. */
  readonly users: readonly number[];
  /** Of a group: the largest first. */
  readonly cells: readonly MapItem[];
}

/** More would be too small to be seen. */
const mostCells = 150;
const mostGroups = 400;

/** What is on the map of bytes, the largest first. */
export function mapItems(data: PageData): MapItem[] {
  const { groups } = data;
  const shown = groups.slice(0, mostGroups).map((group) => groupItem(data, group));
  const rest = groups.slice(mostGroups);
  if (rest.length === 0) return shown;
  const size = rest.reduce((sum, group) => sum + group.size, 0);
  const label = `${rest.length} smaller groups`;
  return [...shown, { ...plainItem(data, label, size), className: 'meta' }];
}

/** Whether one is an image, and the other a layer that it shares with others. */
export function areLinked(one: MapItem, other: MapItem): boolean {
  return hasShared(one, other) || hasShared(other, one);
}

function hasShared({ image }: MapItem, { users, cells }: MapItem): boolean {
  return image !== undefined && cells.length === 0 && users.length > 1 && users.includes(image);
}

function groupItem(data: PageData, group: PageGroup): MapItem {
  const label = groupLabel(data, group);
  const cells = group.cells.slice(0, mostCells).map((cell) => cellItem(data, group, cell));
  const rest = group.cells.slice(mostCells);
  if (rest.length > 0) {
    const size = rest.reduce((sum, cell) => sum + cell.size, 0);
    cells.push({ ...plainItem(data, `${rest.length} smaller ones`, size), className: classOf(data, group) });
  }
  const image = group.image === undefined ? undefined : data.images[group.image];
  const name = image === undefined ? label : image.name;
  return {
    ...plainItem(data, label, group.size),
    description: `${label} ${sizeText(data, group.size)}${groupText(group, name)}`,
    text: name.toLowerCase(),
    className: classOf(data, group),
    image: group.image,
    users: group.image === undefined ? [] : [group.image],
    cells,
  };
}

function cellItem(data: PageData, group: PageGroup, cell: PageCell): MapItem {
  const className = classOf(data, group, cell);
  const layer = cell.layer === undefined ? undefined : data.layers[cell.layer];
  if (layer === undefined) {
    const name = cell.name ?? '';
    return { ...plainItem(data, name, cell.size), className, description: `${name} ${told(data, cell)}` };
  }
  const users = layer.images;
  const names = users.map((place) => data.images[place]?.name ?? '');
  const sharing = users.length > 1 ? `, shared by ${listed(names)}` : '';
  const label = users.length > 1 ? `${users.length} images` : layerLabel(data, group, cell);
  return {
    ...plainItem(data, label, cell.size),
    description: `${label} ${told(data, cell)}${sharing}${storedText(layer)}. Digest ${shortDigest(layer.digest)}`,
    text: `${names.join(' ')} ${layer.digest}`.toLowerCase(),
    className,
    image: group.image,
    users,
  };
}

function plainItem({ bundle }: PageData, label: string, size: number): MapItem {
  const description = `${label} ${bytesText(size)}, ${shareText(size, bundle.contentSize)} of all`;
  const text = label.toLowerCase();
  return { label, description, text, size, className: '', image: undefined, users: [], cells: [] };
}

function groupText({ kind, cells }: PageGroup, name: string): string {
  if (kind === 'image') return `: ${countOf(cells.length, 'layer')} that no other image has, of ${name}`;
  return `: ${countOf(cells.length, 'piece')}`;
}

function groupLabel({ images }: PageData, { kind, image, cells }: PageGroup): string {
  const name = image === undefined ? undefined : images[image]?.name;
  if (name !== undefined) return nameParts(name).name;
  if (kind === 'shared') return `Shared by several images (${countOf(cells.length, 'layer')})`;
  return { image: 'Image', files: 'Files', artifacts: 'Charts and companions', metadata: 'Metadata' }[kind];
}

/** Which layer of the image it is, the lowest being the first. */
function layerLabel({ images }: PageData, { image }: PageGroup, { layer = -1 }: PageCell): string {
  const platforms = image === undefined ? [] : (images[image]?.platforms ?? []);
  const platform = platforms.find(({ layers }) => layers.includes(layer));
  const place = (platform?.layers.indexOf(layer) ?? -1) + 1;
  return platforms.length > 1 ? `layer ${place}, ${platform?.platform}` : `layer ${place}`;
}

function classOf({ update }: PageData, { kind }: PageGroup, cell?: PageCell): string {
  if (update !== undefined && cell !== undefined) return (cell.old ?? 0) * 2 >= cell.size ? 'old' : 'new';
  return { image: 'own', shared: 'shared', files: 'files', artifacts: 'artifacts', metadata: 'meta' }[kind];
}

function told(data: PageData, { size, old }: PageCell): string {
  const text = sizeText(data, size);
  if (old === undefined) return text;
  if (old === 0) return `${text}, to ship`;
  return old === size ? `${text}, already there` : `${text}, of which ${bytesText(size - old)} to ship`;
}

function sizeText({ bundle }: PageData, size: number): string {
  return `${bytesText(size)}, ${shareText(size, bundle.contentSize)} of all`;
}

function storedText({ stored }: PageLayer): string {
  if (stored === undefined) return '';
  return { squeezed: ', squeezed', taken: ', taken from a base', changed: ', as changes to a base' }[stored];
}

function listed(names: readonly string[]): string {
  const few = names.slice(0, 6).map((name) => nameParts(name).name);
  return names.length > few.length
    ? `${few.join(', ')} and ${names.length - few.length} more`
    : few.join(', ');
}
