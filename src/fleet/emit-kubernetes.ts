import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { builder, buildsClaim, clusterLabels, podSettings, secretKeys } from './builder-pod.ts';
import type { BuilderParts } from './builder-pod.ts';
import { clusterLayout } from './cluster-layout.ts';
import { configMaps } from './config-maps.ts';
import type { Emission, EmittedFile } from './emission.ts';
import { emittedHead, emittedYaml } from './emitted-yaml.ts';
import { requirePlainTexts } from './emit-error.ts';
import type { PlannedBundle } from './plan-fleet.ts';

/** A week: then whoever wanted the logs has them. */
export const keepSeconds = 7 * 24 * 60 * 60;
const longestName = 63;
const keyLength = 8;

/** Files that jobs in a cluster are brought. */
export interface ClusterFiles {
  /** The fleet file, and the state when there is one. */
  readonly own: readonly EmittedFile[];
  /** What contents name. */
  readonly named: readonly EmittedFile[];
}

/**
 * Objects of Kubernetes: the files in ConfigMaps, a volume claim for bundles and store, and a Job for each bundle. A Job is called by all that it is
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
  { own, named }: ClusterFiles,
): { readonly objects: readonly Json[]; readonly parts: BuilderParts } {
  requirePlainTexts(engine, [emission.fleetFile, ...emission.args, ...emission.sharedStores]);
  const keys = secretKeys(emission.bundles).map(({ path }) => path);
  const paths = [...named.map(({ path }) => path), ...keys];
  const state = own.slice(1).map(({ path }) => path);
  const layout = clusterLayout(emission, [...paths, ...state], engine);
  const maps = configMaps([...own, ...named], clusterLabels);
  const ownFiles = maps.places
    .slice(0, own.length)
    .map((place, index) => ({ ...place, path: index === 0 ? layout.fleetFile : layout.pathOf(place.path) }));
  return {
    objects: maps.objects,
    parts: { emission, layout, ownFiles, files: maps.places.slice(own.length) },
  };
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
