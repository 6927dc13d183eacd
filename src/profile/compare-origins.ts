import type { Origin } from '../oci/origin.ts';

/** Order of the origins of one image: by kind, then file or pack, then place. */
export function compareOrigins(left: Origin, right: Origin): number {
  const [first, second] = [sortKey(left), sortKey(right)];
  for (const [index, part] of first.entries()) {
    const other = second[index] ?? '';
    if (part === other) continue;
    return part < other ? -1 : 1;
  }
  return 0;
}

function sortKey(origin: Origin): (string | number)[] {
  switch (origin.kind) {
    case 'flag':
      return ['flag'];
    case 'list':
      return ['list', origin.file, origin.line];
    case 'manifest':
      return ['manifest', origin.file, origin.line, origin.key];
    case 'profile':
    case 'discovered':
      return packKey(origin);
    case 'palette':
      return ['palette', origin.service, origin.version];
    case 'referrer':
    default:
      throw new TypeError('no origin of an image that somebody asked for');
  }
}

function packKey(origin: Extract<Origin, { kind: 'profile' | 'discovered' }>): (string | number)[] {
  return [origin.kind, origin.profile ?? '', origin.pack ?? '', origin.line ?? 0, origin.key];
}
