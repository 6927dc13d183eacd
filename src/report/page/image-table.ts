import type { PageChange, PageData, PageImage } from '../html-page-data.ts';
import { byteBar } from './byte-bar.ts';
import { DataTable } from './data-table.ts';
import type { Column } from './data-table.ts';
import { element, foreignText } from './element.ts';
import { imageDetails } from './image-details.ts';
import { nameParts } from './image-name.ts';
import { bytesText, countText } from './number-text.ts';

/** The images of a bundle; of an update, what becomes of each. */
export function imageTable(data: PageData): DataTable<PageImage> {
  const { images, update } = data;
  const columns = update === undefined ? sizeColumns(data) : [...changeColumns(), ...shipColumns(data)];
  return new DataTable({
    caption: 'Images',
    rows: update === undefined ? images : images.toSorted((a, b) => changeRank(a) - changeRank(b)),
    columns: [nameColumn(data), ...columns],
    text: (image) => imageText(data, image),
    details: (image) => imageDetails(data, image),
  });
}

/** The image that another name of it stands for. */
function imageItself({ images }: PageData, image: PageImage): PageImage {
  return (image.sameAs === undefined ? undefined : images[image.sameAs]) ?? image;
}

const changeNames: Readonly<Record<PageChange['kind'], string>> = {
  added: 'added',
  updated: 'updated',
  platforms: 'other platforms',
  same: 'unchanged',
};
const changeSigns: Readonly<Record<PageChange['kind'], string>> = {
  added: '+',
  updated: '↻',
  platforms: '±',
  same: '=',
};

function nameColumn(data: PageData): Column<PageImage> {
  return {
    title: 'Image',
    className: 'name-column',
    order: ({ name }) => nameParts(name).name,
    cell: (image) => {
      const { place, name } = nameParts(image.name);
      const { platforms } = imageItself(data, image);
      const told = platforms.map(({ platform }) => platform).join(', ');
      const same = image.sameAs === undefined ? '' : ', another name of an image above';
      return element(
        'span',
        { class: 'image-name' },
        element('bdi', {}, element('span', { class: 'place' }, place), element('strong', {}, name)),
        element('span', { class: 'note' }, `${told}${same}`),
      );
    },
  };
}

function changeColumns(): Column<PageImage>[] {
  return [
    {
      title: 'Change',
      order: changeRank,
      cell: ({ change }) => {
        const kind = change?.kind ?? 'same';
        const sign = element('span', { 'aria-hidden': 'true' }, changeSigns[kind]);
        const was = change?.was === undefined ? undefined : wasText(change.was.name);
        return element(
          'span',
          {},
          element('span', { class: `badge ${kind}` }, sign, ` ${changeNames[kind]}`),
          was,
        );
      },
    },
  ];
}

function shipColumns({ images }: PageData): Column<PageImage>[] {
  const most = Math.max(...images.map(({ total }) => total), 1);
  return [
    {
      title: 'To ship',
      isNumber: true,
      order: toShip,
      cell: (image) => (toShip(image) === 0 ? 'nothing' : bytesText(toShip(image))),
    },
    sizeColumn,
    {
      title: 'New and old',
      className: 'bar-cell wide',
      cell: (image) =>
        byteBar(
          [
            { bytes: toShip(image), className: 'new' },
            { bytes: image.total - toShip(image), className: 'old' },
          ],
          most,
        ),
    },
  ];
}

function toShip({ change }: PageImage): number {
  return change?.toShip ?? 0;
}

const sizeColumn: Column<PageImage> = {
  title: 'Size',
  isNumber: true,
  order: ({ total }) => total,
  cell: ({ total }) => bytesText(total),
};

function wasText(name: string): HTMLElement {
  return element('span', { class: 'note' }, 'from ', foreignText(nameParts(name).name));
}

function changeRank({ change }: PageImage): number {
  return ['updated', 'added', 'platforms', 'same'].indexOf(change?.kind ?? 'same');
}

function sizeColumns(data: PageData): Column<PageImage>[] {
  const most = Math.max(...data.images.map(({ total }) => total), 1);
  const layersOf = (image: PageImage): number =>
    new Set(imageItself(data, image).platforms.flatMap(({ layers }) => layers)).size;
  return [
    sizeColumn,
    {
      title: 'Only here',
      isNumber: true,
      className: 'wide',
      order: ({ alone }) => alone,
      cell: ({ alone }) => bytesText(alone),
    },
    {
      title: 'Shared',
      isNumber: true,
      className: 'wide',
      order: ({ total, alone }) => total - alone,
      cell: ({ total, alone }) => bytesText(total - alone),
    },
    {
      title: 'Layers',
      isNumber: true,
      className: 'wide',
      order: layersOf,
      cell: (image) => countText(layersOf(image)),
    },
    {
      title: 'Own and shared',
      className: 'bar-cell wide',
      cell: ({ total, alone }) =>
        byteBar(
          [
            { bytes: alone, className: 'own' },
            { bytes: total - alone, className: 'shared' },
          ],
          most,
        ),
    },
  ];
}

function imageText(data: PageData, image: PageImage): string {
  const { platforms } = imageItself(data, image);
  const told = platforms.map(
    ({ platform, digest, distribution = '' }) => `${platform} ${digest} ${distribution}`,
  );
  const change = image.change === undefined ? '' : changeNames[image.change.kind];
  return [image.name, image.from ?? '', image.digest, change, ...told, ...image.origins].join(' ');
}
