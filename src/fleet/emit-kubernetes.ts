import { basename } from 'node:path';

import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { builder, buildsClaim, clusterLabels, podSettings, secretKeys } from './builder-pod.ts';
import type { BuilderParts } from './builder-pod.ts';
import { clusterLayout } from './cluster-layout.ts';
import { configMaps } from './config-maps.ts';
import type { FilePlace } from './config-maps.ts';
import type { Emission, EmittedFile } from './emission.ts';
import { emittedHead, emittedYaml } from './emitted-yaml.ts';
import { requirePlainTexts } from './emit-error.ts';
import { fleetExcerpts } from './fleet-excerpt.ts';
import type { FleetState } from './fleet-state.ts';
import type { PlannedBundle } from './plan-fleet.ts';

/** A week: then whoever wanted the logs has them. */
export const keepSeconds = 7 * 24 * 60 * 60;
const longestName = 63;
const keyLength = 8;

/** Files that jobs in a cluster are brought. */
export interface ClusterFiles {
  /** Of all sites: jobs are given excerpts. */
  readonly state: FleetState;
  /** What contents name. */
  readonly named: readonly EmittedFile[];
}

/**
 * Objects of Kubernetes: the files in ConfigMaps, of fleet and state what a job needs, a volume claim for bundles and store, and a Job for each bundle. A Job is called by all that it is
 * made of: what changes is another Job, as Jobs cannot be changed.
 *
 * @throws PaletteEdgeError `FLEET_EMIT_PATH`, `FLEET_EMIT_TEXT`, `FLEET_FILE_TOO_LARGE` (kind usage)
 */
export function emitKubernetes(emission: Emission, files: ClusterFiles): string {
  const { objects, parts } = clusterParts('kubernetes', emission, files);
  const jobs = emission.bundles.map((bundle) => jobOf(bundle, parts));
  return emittedYaml(emittedHead('kubernetes', emission), [...objects, buildsClaim(emission), ...jobs]);
}

/** What jobs of an engine in a cluster have in common, and the ConfigMaps for them. */
export function clusterParts(
  engine: 'kubernetes' | 'argo',
  emission: Emission,
  { state, named }: ClusterFiles,
): { readonly objects: readonly Json[]; readonly parts: BuilderParts } {
  requirePlainTexts(engine, [emission.fleetFile, ...emission.args, ...emission.sharedStores]);
  const { fleet, fleetFile, bundles } = emission;
  const keys = secretKeys(bundles).map(({ path }) => path);
  const excerpts = fleetExcerpts(fleet, state);
  const states = excerpts.some((excerpt) => excerpt.state !== undefined) ? [fleet.state] : [];
  const layout = clusterLayout(emission, [...named.map(({ path }) => path), ...keys, ...states], engine);
  const own = excerpts.map((excerpt): readonly EmittedFile[] => [
    { path: basename(fleetFile), text: excerpt.fleet },
    ...(excerpt.state === undefined ? [] : [{ path: fleet.state, text: excerpt.state }]),
  ]);
  const maps = configMaps([...own.flat(), ...named], clusterLabels);
  const places = [...maps.places];
  const ownFiles = new Map<string, readonly FilePlace[]>();
  for (const [index, files] of own.entries()) {
    const mounted = places
      .splice(0, files.length)
      .map((place, at) => ({ ...place, path: at === 0 ? layout.fleetFile : layout.pathOf(place.path) }));
    for (const name of excerpts[index]?.bundles ?? []) ownFiles.set(name, mounted);
  }
  return { objects: maps.objects, parts: { emission, layout, ownFiles, files: places } };
}

function jobOf(bundle: PlannedBundle, parts: BuilderParts): Json {
  const { container, volumes } = builder(parts, [bundle], bundle.name);
  const labels = { ...clusterLabels, 'palette-edge/bundle': bundle.name };
  const spec = {
    backoffLimit: 2,
    ttlSecondsAfterFinished: keepSeconds,
    podFailurePolicy: {
      // Wrong usage is as wrong the next time (docs/exit-codes.md).
      rules: [
        { action: 'FailJob', onExitCodes: { containerName: container['name'], operator: 'In', values: [2] } },
      ],
    },
    template: {
      metadata: { labels },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        ...podSettings(parts.emission),
        containers: [container],
        volumes,
      },
    },
  };
  const annotations = { 'palette-edge/sites': String(bundle.sites.length) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: keyedName(bundle.name, spec), labels, annotations },
    spec,
  };
}

/** A name of at most 63 characters that is another one for another value. */
export function keyedName(name: string, value: Json): string {
  const key = digestHex(digestOf(canonicalJson(value))).slice(0, keyLength);
  return `${name.slice(0, longestName - keyLength - 1).replace(/-+$/, '')}-${key}`;
}
