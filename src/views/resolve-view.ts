import { formatOrigin } from '../oci/origin.ts';
import type { ImageRequests } from '../profile/request-images.ts';
import { textTable } from './text-table.ts';

/** References with every place that asks for them. */
export function resolveView({ images }: ImageRequests): string {
  const rows = images.flatMap(({ name, origins }) =>
    origins.map((origin, index) => [index === 0 ? name : '', formatOrigin(origin)]),
  );
  return textTable(['IMAGE', 'ASKED FOR BY'], rows);
}

/** References only, one on each line. */
export function plainResolveView({ images }: ImageRequests): string {
  return images.map(({ name }) => name).join('\n');
}
