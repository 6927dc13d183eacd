import { formatByteSize } from '../io/byte-size.ts';
import type { ExtractResult } from '../workflows/extract-bundle.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';

/** What was extracted, and where it is. */
export function extractView({ bundle, output = 'standard output', extracted }: ExtractResult): string {
  const fields = textFields([
    ['from', `${bundle.path}, ${bundle.name} ${bundle.id}`],
    ...fieldsOf(extracted),
  ]);
  return `Wrote ${output}\n${fields}`;
}

function fieldsOf(extracted: ExtractResult['extracted']): [string, string][] {
  switch (extracted.kind) {
    case 'image':
      return [
        ...extracted.names.map((name): [string, string] => ['image', name]),
        ['digest', extracted.digest],
        ...platformsField(extracted.platforms),
        ['format', extracted.format],
        ['content', contentText(extracted)],
      ];
    case 'file':
      return [
        ['file', extracted.name],
        ['digest', extracted.digest],
        ['size', sizeText(extracted.bytes)],
      ];
    case 'chart':
      return [
        ['chart', `${extracted.name} ${extracted.version}`],
        ['digest', extracted.digest],
        ['size', sizeText(extracted.bytes)],
        ...(extracted.provenance === undefined
          ? []
          : [['signed by', extracted.provenance] as [string, string]]),
      ];
    case 'all':
      return [
        ['images', String(extracted.images)],
        ...(extracted.charts > 0 ? [countField('charts', extracted.charts)] : []),
        ...(extracted.files > 0 ? [countField('files', extracted.files)] : []),
        ['content', contentText(extracted)],
      ];
    default:
      throw new TypeError('unknown kind of extraction');
  }
}

function platformsField(platforms: readonly string[]): [string, string][] {
  return platforms.length === 0 ? [] : [['platforms', platforms.join(', ')]];
}

function countField(what: string, count: number): [string, string] {
  return [what, `${count}, in ${what}/`];
}

function contentText({ blobs, bytes }: { readonly blobs: number; readonly bytes: number }): string {
  return `${countOf(blobs, 'blob')}, ${formatByteSize(bytes)}`;
}

function sizeText(bytes: number): string {
  return `${formatByteSize(bytes)} (${bytes} bytes)`;
}
