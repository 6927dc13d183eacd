import { posix } from 'node:path';

import type { Emission } from './emission.ts';
import { requirePlainTexts, unreachable } from './emit-error.ts';
import type { FleetContent } from './fleet.ts';

/** Where things are in the containers of jobs. */
export interface ClusterLayout {
  readonly fleetFile: string;
  readonly bundles: string;
  /** Where a path is that stands in the fleet file. */
  readonly pathOf: (path: string) => string;
}

const root = '/fleet';

/**
 * Lays out a container so that all paths of the fleet file hold: relative ones are found below `/fleet`, also those that climb.
 *
 * @param paths that stand in the fleet file, of what jobs are brought
 * @throws PaletteEdgeError `FLEET_EMIT_PATH` (kind usage) when the bundles would lie where the container has something else, and for
 *   paths that nothing is mounted at
 */
export function clusterLayout(
  { fleet, fleetFile: given, bundles }: Emission,
  paths: readonly string[],
  engine: 'kubernetes' | 'argo',
): ClusterLayout {
  requirePlainTexts(engine, [...paths, fleet.bundles]);
  const relative = [...paths, fleet.bundles].filter((path) => !path.startsWith('/'));
  const climbs = relative.map(
    (path) =>
      posix
        .normalize(path)
        .split('/')
        .filter((part) => part === '..').length,
  );
  const folder = posix.join(root, ...Array.from({ length: Math.max(0, ...climbs) }, () => 'files'));
  const pathOf = (path: string): string => posix.resolve(folder, path);
  const place = pathOf(fleet.bundles);
  // Its own name: a content may name another file fleet.yaml.
  const fleetFile = posix.join(folder, posix.basename(given));
  const named = [fleetFile, ...paths.map(pathOf)];
  const colon = [...named, place].find((path) => path.includes(':'));
  if (colon !== undefined)
    throw unreachable('the file', colon, 'Kubernetes mounts nothing at a path with a colon: rename it.');
  const isTaken = ['/', '/tmp', '/store', root].includes(place) || named.some((path) => path === place);
  if (isTaken || bundles.length === 0)
    throw unreachable(
      'the folder of bundles',
      fleet.bundles,
      'Give it a folder of its own: bundles: bundles',
    );
  return { fleetFile, bundles: place, pathOf };
}

/** Paths of the files that a content names, as they stand there. */
export function contentPaths({
  profiles,
  imagesFiles,
  manifests,
  definition,
}: FleetContent): readonly string[] {
  return [
    ...new Set([
      ...profiles,
      ...imagesFiles,
      ...manifests,
      ...(definition === undefined ? [] : [definition]),
    ]),
  ];
}
