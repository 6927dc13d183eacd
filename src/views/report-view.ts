import type { ProvenanceResult } from '../workflows/report-provenance.ts';
import type { SbomFormat, SbomResult } from '../workflows/report-sbom.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';

const formats: Readonly<Record<SbomFormat, string>> = { spdx: 'SPDX 2.3', cyclonedx: 'CycloneDX 1.6' };

/** What was written of a bundle, and where it is. */
export function reportView(result: SbomResult | ProvenanceResult): string {
  const { bundle, id, output = 'standard output' } = result;
  const fields = result.kind === 'sbom' ? sbomFields(result) : provenanceFields(result);
  return `Wrote ${output}\n${textFields([['from', `${bundle}, ${id}`], ...fields])}`;
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
