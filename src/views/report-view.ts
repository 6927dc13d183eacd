import type { HtmlResult } from '../workflows/report-html.ts';
import type { ProvenanceResult } from '../workflows/report-provenance.ts';
import type { SbomFormat, SbomResult } from '../workflows/report-sbom.ts';
import { formatByteSize } from '../io/byte-size.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';

const formats: Readonly<Record<SbomFormat, string>> = { spdx: 'SPDX 2.3', cyclonedx: 'CycloneDX 1.6' };

/** What was written of a bundle, and where it is. */
export function reportView(result: SbomResult | ProvenanceResult | HtmlResult): string {
  const { bundle, id, output = 'standard output' } = result;
  return `Wrote ${output}\n${textFields([['from', `${bundle}, ${id}`], ...fieldsOf(result)])}`;
}

function fieldsOf(result: SbomResult | ProvenanceResult | HtmlResult): [string, string][] {
  switch (result.kind) {
    case 'sbom':
      return sbomFields(result);
    case 'provenance':
      return provenanceFields(result);
    case 'html':
      return htmlFields(result);
    default:
      throw new TypeError('unknown kind of report');
  }
}

function htmlFields({ size, images, layers, packages, update }: HtmlResult): [string, string][] {
  const compared = `${update?.before}, ${update?.id}; ${formatByteSize(update?.toShip ?? 0)} to ship`;
  return [
    ...(update === undefined ? [] : [['compared to', compared] satisfies [string, string]]),
    ['format', `HTML, ${formatByteSize(size)}; open it in a browser`],
    ['images', `${countOf(images, 'name')}, ${countOf(layers, 'layer')}`],
    ...(packages === undefined
      ? []
      : [['packages', packages === 0 ? 'none' : String(packages)] satisfies [string, string]]),
  ];
}

function sbomFields({ format, images, platforms, layers, packages }: SbomResult): [string, string][] {
  const counts = Object.entries(packages);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const kinds = counts.map(([type, count]) => `${count} ${type}`).join(', ');
  return [
    ['format', formats[format]],
    [
      'images',
      `${countOf(images, 'name')}, ${countOf(platforms, 'image')} of a platform, ${countOf(layers, 'layer')}`,
    ],
    ['packages', total === 0 ? 'none' : `${total}: ${kinds}`],
  ];
}

function provenanceFields({ digest, dependencies, keyId }: ProvenanceResult): [string, string][] {
  return [
    ['format', 'in-toto statement, SLSA Provenance v1'],
    ['bundle', digest],
    ['built from', countOf(dependencies, 'digest')],
    ['signed by', keyId === undefined ? 'nobody' : `key ${keyId}`],
  ];
}
