import { formatByteSize } from '../io/byte-size.ts';
import type { InspectResult } from '../workflows/inspect-bundle.ts';
import { countOf } from './count-of.ts';
import { textFields } from './text-fields.ts';
import { textTable } from './text-table.ts';

const shownDigits = 12;

/** What a bundle says about itself. */
export function inspectView({ path, id, size, contentSize, inventory }: InspectResult): string {
  const { name, mode, formatVersion, tool, profiles, images, blobs } = inventory;
  const fields = textFields([
    ['name', name],
    ['id', id],
    ['format', `version ${formatVersion}, ${mode}`],
    ['written by', `${tool.name} ${tool.version}`],
    ['size', formatByteSize(size)],
    ['content', `${countOf(blobs.length, 'blob')}, ${formatByteSize(contentSize)}`],
    ...profiles.map((profile): [string, string] => [
      'profile',
      [profile.name, profile.version, `(${profile.type})`].filter((text) => text !== '').join(' '),
    ]),
  ]);
  const isSparse = images.some(({ omittedPlatforms }) => omittedPlatforms.length > 0);
  const rows = images.map(({ reference, digest, platforms, omittedPlatforms }) => [
    reference,
    digest.slice('sha256:'.length, 'sha256:'.length + shownDigits),
    platforms.join(', ') || '-',
    ...(isSparse ? [omittedPlatforms.join(', ') || '-'] : []),
  ]);
  const table = textTable(['IMAGE', 'DIGEST', 'PLATFORMS', ...(isSparse ? ['LEFT OUT'] : [])], rows);
  return [path, fields, '', table].join('\n');
}
