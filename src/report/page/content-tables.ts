import type {
  PageArtifact,
  PageData,
  PageFile,
  PageLargeFile,
  PagePackage,
  PageRemoved,
} from '../html-page-data.ts';
import { DataTable } from './data-table.ts';
import type { Column } from './data-table.ts';
import { element, foreignText } from './element.ts';
import { nameParts } from './image-name.ts';
import { bytesText, countText, shortDigest } from './number-text.ts';
import { tableSection } from './page-section.ts';
import type { PageSection } from './page-section.ts';

/** Of tables that few read to their end. */
const fewRows = 20;

/** What is in the bundle beside images, and inside of their layers: each a table. */
export function contentTables(data: PageData): PageSection[] {
  return [
    ...removedSection(data),
    ...largestSection(data),
    ...packageSection(data),
    artifactSection(data),
    fileSection(data),
  ];
}

function removedSection({ update }: PageData): PageSection[] {
  if (update === undefined) return [];
  const { removed } = update;
  const table = new DataTable<PageRemoved>({
    caption: 'Removed',
    rows: removed,
    columns: [
      nameColumn('Name'),
      { title: 'Kind', order: ({ what }) => what, cell: ({ what }) => what },
      digestColumn(),
    ],
    text: ({ name, what, digest }) => `${name} ${what} ${digest}`,
  });
  const content = { id: 'removed', title: 'Removed', count: removed.length, noun: 'removed one' };
  return [tableSection({ ...content, empty: 'Everything of the old bundle is in the new one.' }, table)];
}

function largestSection(data: PageData): PageSection[] {
  const { largest, layers, images } = data;
  if (largest === undefined) return [];
  const usersOf = ({ layer }: PageLargeFile): string[] =>
    (layers[layer]?.images ?? []).map((image) => nameParts(images[image]?.name ?? '').name);
  const table = new DataTable<PageLargeFile>({
    caption: 'Largest files',
    rows: largest,
    most: fewRows,
    columns: [
      {
        title: 'File',
        className: 'name-column',
        order: ({ path }) => path,
        cell: ({ path }) => foreignText(`/${path}`, 'path'),
      },
      sizeColumn('Unpacked'),
      {
        title: 'Images',
        order: (file) => usersOf(file).join(),
        cell: (file) => namesCell(usersOf(file)),
      },
      {
        title: 'Layer',
        className: 'wide',
        cell: ({ layer }) => element('code', {}, shortDigest(layers[layer]?.digest ?? '')),
      },
    ],
    text: (file) => `/${file.path} ${usersOf(file).join(' ')} ${layers[file.layer]?.digest}`,
  });
  const note = 'In layers, as they are when unpacked; of each layer the largest.';
  const content = { id: 'largest', title: 'Largest files', count: largest.length, noun: 'large file', note };
  return [tableSection({ ...content, empty: 'The layers have no files.' }, table)];
}

function packageSection({ packages, images }: PageData): PageSection[] {
  if (packages === undefined) return [];
  const { list, total } = packages;
  const usersOf = (users: readonly number[]): string[] =>
    users.map((image) => nameParts(images[image]?.name ?? '').name);
  const table = new DataTable<PagePackage>({
    caption: 'Packages',
    rows: list,
    most: fewRows,
    columns: [
      {
        title: 'Package',
        className: 'name-column',
        order: ([, name]) => name.toLowerCase(),
        cell: ([, name]) => foreignText(name),
      },
      { title: 'Version', cell: ([, , version]) => foreignText(version) },
      { title: 'Kind', order: ([type]) => type, cell: ([type]) => type },
      { title: 'Licence', className: 'wide', order: (each) => each[3], cell: (each) => foreignText(each[3]) },
      {
        title: 'Images',
        isNumber: true,
        order: (each) => each[4].length,
        cell: (each) => countText(each[4].length),
      },
      { title: 'Found in', className: 'wide', cell: (each) => namesCell(usersOf(each[4])) },
    ],
    text: ([type, name, version, licence, users]) =>
      `${name} ${version} ${type} ${licence} ${usersOf(users).join(' ')}`,
  });
  const missing = total - list.length;
  const note =
    missing === 0
      ? 'Of distributions, Go programs, npm and Python, each name and version once.'
      : `The first ${countText(list.length)}; palette-edge report --sbom lists the others, too.`;
  const content = { id: 'packages', title: 'Packages', count: total, noun: 'package', note };
  return [tableSection({ ...content, empty: 'No packages were found in the layers.' }, table)];
}

function artifactSection({ artifacts, update }: PageData): PageSection {
  const table = new DataTable<PageArtifact>({
    caption: 'Charts and companions of images',
    rows: artifacts,
    columns: [
      nameColumn('Name'),
      { title: 'Kind', order: ({ kind }) => kind, cell: ({ kind, what }) => kindCell(kind, what) },
      sizeColumn('Size'),
      ...(update === undefined ? [] : [newColumn()]),
      digestColumn(),
    ],
    text: ({ name, kind, what, digest, about }) => [name, kind, what, digest, ...about].join(' '),
  });
  const note =
    'Helm charts, and what registries keep of images: signatures, attestations, bills of materials.';
  const content = {
    id: 'artifacts',
    title: 'Charts and companions',
    count: artifacts.length,
    noun: 'chart or companion',
  };
  return tableSection(
    { ...content, note, empty: 'The bundle has no charts, signatures or attestations of images.' },
    table,
  );
}

function fileSection({ files, update }: PageData): PageSection {
  const table = new DataTable<PageFile>({
    caption: 'Files',
    rows: files,
    columns: [
      nameColumn('File'),
      sizeColumn('Size'),
      ...(update === undefined ? [] : [newColumn()]),
      digestColumn(),
    ],
    text: ({ name, digest }) => `${name} ${digest}`,
  });
  const content = { id: 'files', title: 'Files', count: files.length, noun: 'file' };
  return tableSection(
    { ...content, note: 'Added as they are.', empty: 'The bundle has no files beside images.' },
    table,
  );
}

function nameColumn<Row extends { readonly name: string }>(title: string): Column<Row> {
  return {
    title,
    className: 'name-column',
    order: ({ name }) => name,
    cell: ({ name }) => foreignText(name, 'path'),
  };
}

function sizeColumn<Row extends { readonly size: number }>(title: string): Column<Row> {
  return { title, isNumber: true, order: ({ size }) => size, cell: ({ size }) => bytesText(size) };
}

function digestColumn<Row extends { readonly digest: string }>(): Column<Row> {
  return {
    title: 'Digest',
    className: 'wide',
    cell: ({ digest }) => element('code', { title: digest }, shortDigest(digest)),
  };
}

function newColumn<Row extends { readonly isNew?: boolean | undefined }>(): Column<Row> {
  return {
    title: 'Update',
    order: ({ isNew }) => (isNew === true ? 0 : 1),
    cell: ({ isNew }) => (isNew === true ? 'to ship' : 'already there'),
  };
}

function kindCell(kind: string, what: string): HTMLElement {
  return element('span', {}, kind, element('span', { class: 'note' }, foreignText(what)));
}

/** Some names, and how many there are. */
function namesCell(names: readonly string[]): HTMLElement {
  const [first = '', second] = names;
  const rest = names.length > 2 ? ` and ${countText(names.length - 2)} more` : '';
  const text = second === undefined ? first : `${first}${rest === '' ? ' and ' : ', '}${second}${rest}`;
  return element('span', { title: names.slice(0, 50).join('\n') }, foreignText(text));
}
