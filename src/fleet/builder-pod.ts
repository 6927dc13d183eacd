import type { Json } from '../io/canonical-json.ts';
import { contentPaths } from './cluster-layout.ts';
import type { ClusterLayout } from './cluster-layout.ts';
import type { FilePlace } from './config-maps.ts';
import { environmentOf, keyPaths } from './emission.ts';
import type { Emission } from './emission.ts';
import { keyNames } from './key-names.ts';
import type { KeyName } from './key-names.ts';
import type { PlannedBundle } from './plan-fleet.ts';

/** Name of the volume claim, of the secret, and of all objects together. */
export const clusterName = 'palette-edge-fleet';

/** Labels of all objects; pods are found, and kept together, by them. */
export const clusterLabels = { 'app.kubernetes.io/name': clusterName };

/** Nobody in particular; files of the volume belong to this group. */
const user = 65_532;

/** What builders in a cluster have in common. */
export interface BuilderParts {
  readonly emission: Emission;
  readonly layout: ClusterLayout;
  /** Of the excerpts of fleet file and state, by the names of bundles. */
  readonly ownFiles: ReadonlyMap<string, readonly FilePlace[]>;
  /** Of the files that contents name. */
  readonly files: readonly FilePlace[];
}

/** A container and the volumes that it mounts. */
export interface Builder {
  readonly container: { readonly [field: string]: Json };
  readonly volumes: readonly Json[];
}

/**
 * The container that builds one of these bundles, which are of one content and one excerpt.
 *
 * @param name of the bundle; for an engine with templates, what it puts there
 */
export function builder(parts: BuilderParts, bundles: readonly PlannedBundle[], name: string): Builder {
  const { layout, files } = parts;
  const ownFiles = ownFilesOf(parts, bundles);
  const named = new Set(bundles.flatMap(({ content }) => contentPaths(content)));
  const keys = secretKeys(bundles);
  const places = [
    ...ownFiles.map((place) => ({ ...place, mountPath: place.path })),
    ...files
      .filter(({ path }) => named.has(path))
      .map((place) => ({ ...place, mountPath: layout.pathOf(place.path) })),
    // One file may be spelt in several ways: only one thing can be mounted there.
  ].filter(({ mountPath }, index, all) => all.findIndex((one) => one.mountPath === mountPath) === index);
  const mounts = [
    { name: 'builds', mountPath: layout.bundles, subPath: 'bundles' },
    { name: 'builds', mountPath: '/store', subPath: 'store' },
    { name: 'temporary', mountPath: '/tmp' },
    { name: 'registries', mountPath: '/etc/palette-edge', readOnly: true },
    ...places.map(({ mountPath, map, key }) => ({ name: map, mountPath, subPath: key, readOnly: true })),
    ...keys.map(({ path, name: key }) => ({
      name: 'keys',
      mountPath: layout.pathOf(path),
      subPath: key,
      readOnly: true,
    })),
  ];
  const maps = [...new Set(places.map(({ map }) => map))];
  return {
    container: { ...containerOf(parts, bundles, name), volumeMounts: mounts },
    volumes: [
      { name: 'builds', persistentVolumeClaim: { claimName: clusterName } },
      { name: 'temporary', emptyDir: {} },
      // Whoever has no logins needs no secret.
      { name: 'registries', secret: secretVolume(['config.json'], true) },
      ...maps.map((map) => ({ name: map, configMap: { name: map } })),
      ...(keys.length > 0
        ? [
            {
              name: 'keys',
              secret: secretVolume(
                keys.map((key) => key.name),
                false,
              ),
            },
          ]
        : []),
    ],
  };
}

/** Where a builder of these bundles finds the fleet file and the state. */
function ownFilesOf(
  { ownFiles }: Pick<BuilderParts, 'ownFiles'>,
  bundles: readonly PlannedBundle[],
): readonly FilePlace[] {
  const [files, ...others] = new Set(bundles.map(({ name }) => ownFiles.get(name)));
  if (files === undefined || others.length > 0)
    throw new TypeError('bundles without an excerpt of the fleet, or of several');
  return files;
}

function containerOf(
  { emission, layout }: BuilderParts,
  bundles: readonly PlannedBundle[],
  name: string,
): { readonly [field: string]: Json } {
  const stores = ['/store', ...emission.sharedStores].flatMap((store) => ['--store', store]);
  const args = [
    'fleet',
    'build',
    layout.fleetFile,
    '--only',
    name,
    '--keep-state',
    ...stores,
    ...emission.args,
  ];
  return {
    name: 'build',
    image: emission.choices.builderImage,
    command: ['palette-edge'],
    // $( begins the name of a variable there, $$( does not.
    args: args.map((arg) => arg.replaceAll('$(', '$$$$(')),
    env: environment(emission, bundles),
    // Squeezing takes most: see docs/squeeze.md.
    resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '4Gi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

/** Security and placement of a pod. */
export function podSettings({ choices }: Emission): { readonly [field: string]: Json } {
  return {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(!choices.isManyNodes && { affinity: sameNode }),
  };
}

/** A volume that one node can mount has all pods there. */
const sameNode = {
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: clusterLabels }, topologyKey: 'kubernetes.io/hostname' },
    ],
  },
};

/** The volume with the bundles and the store. */
export function buildsClaim({ choices }: Emission): Json {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: clusterName, labels: clusterLabels },
    spec: {
      accessModes: [choices.isManyNodes ? 'ReadWriteMany' : 'ReadWriteOnce'],
      ...(choices.storageClass !== undefined && { storageClassName: choices.storageClass }),
      resources: { requests: { storage: choices.storageSize } },
    },
  };
}

function environment(emission: Emission, bundles: readonly PlannedBundle[]): readonly Json[] {
  const { secret, plain } = environmentOf(emission, bundles);
  const given = [...secret, ...plain].map((name) => ({
    name,
    valueFrom: { secretKeyRef: { name: clusterName, key: name, optional: isOptional(name) } },
  }));
  const own = { HOME: '/tmp', TMPDIR: '/tmp', DOCKER_CONFIG: '/etc/palette-edge' };
  return [...Object.entries(own).map(([name, value]) => ({ name, value })), ...given];
}

/** Keys may have no passphrase, and stores be Amazon's. */
function isOptional(name: string): boolean {
  return ['PALETTE_EDGE_KEY_PASSPHRASE', 'AWS_REGION', 'AWS_ENDPOINT_URL_S3'].includes(name);
}

function secretVolume(keys: readonly string[], optional: boolean): Json {
  const items = keys.map((key) => ({ key, path: key }));
  // Octal 0440: the group of the pod reads them.
  return { secretName: clusterName, items, defaultMode: 0o440, optional };
}

/**
 * Keys of the secret that have the private keys of bundles: their paths, as far as names of keys allow.
 *
 * @throws PaletteEdgeError `FLEET_EMIT_PATH` (kind usage) for two with one name
 */
export function secretKeys(bundles: readonly PlannedBundle[]): readonly KeyName[] {
  return keyNames(keyPaths(bundles), (path) => path.replaceAll(/[^A-Za-z0-9._-]/g, '_'));
}
