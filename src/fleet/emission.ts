import type { Fleet } from './fleet.ts';
import type { PlannedBundle } from './plan-fleet.ts';

/** What runs jobs, and has a format of its own for them. */
export const emissionEngines = ['kubernetes', 'github', 'gitlab', 'argo'] as const;

/** One of {@link emissionEngines}. */
export type EmissionEngine = (typeof emissionEngines)[number];

/** What files for an engine are made of. */
export interface Emission {
  readonly fleet: Fleet;
  /** Sorted by name; of delta bundles the base is where the engine keeps bundles. */
  readonly bundles: readonly PlannedBundle[];
  /** The fleet file as it was named. */
  readonly fleetFile: string;
  /** Flags that each job is given as they are: none has a secret. */
  readonly args: readonly string[];
  /** Stores that builders share, `oci://…` and `s3://…`. */
  readonly sharedStores: readonly string[];
  /** Of palette-edge. */
  readonly version: string;
  readonly choices: EmissionChoices;
}

/** What is chosen for an engine. */
export interface EmissionChoices {
  /** An image with palette-edge in it. */
  readonly builderImage?: string | undefined;
  /** What npm installs where there is no such image. */
  readonly npmPackage: string;
  /** Jobs at a time, where the engine can tell; all when undefined. */
  readonly parallel?: number | undefined;
  /** Of the volume with store and bundles, as Kubernetes writes it: `200Gi`. */
  readonly storageSize: string;
  readonly storageClass?: string | undefined;
  /** Whether the volume can be mounted on several nodes. */
  readonly isManyNodes: boolean;
}

/** A file that jobs in a cluster are brought. */
export interface EmittedFile {
  /** As the fleet file names it. */
  readonly path: string;
  readonly text: string;
}

/** Private keys that bundles are signed with, by the paths in the fleet file; sorted. */
export function keyPaths(bundles: readonly PlannedBundle[]): readonly string[] {
  const paths = bundles.flatMap(({ options: { privateKey } }) => privateKey ?? []);
  return [...new Set(paths)].toSorted();
}

/** Environment variables that come from secrets of the engine, and those that it may show. */
export interface EmittedEnvironment {
  readonly secret: readonly string[];
  readonly plain: readonly string[];
}

/** What the jobs for these bundles need in their environment. */
export function environmentOf(
  { fleet, sharedStores }: Emission,
  bundles: readonly PlannedBundle[],
): EmittedEnvironment {
  const isAsked = bundles.some(({ content }) => content.paletteProfiles.length > 0);
  const isS3 = [...sharedStores, fleet.publish ?? ''].some((url) => /^s3:/i.test(url));
  return {
    secret: [
      ...(isAsked ? ['PALETTE_API_KEY'] : []),
      ...(keyPaths(bundles).length > 0 ? ['PALETTE_EDGE_KEY_PASSPHRASE'] : []),
      ...(isS3 ? ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] : []),
    ],
    plain: isS3 ? ['AWS_REGION', 'AWS_ENDPOINT_URL_S3'] : [],
  };
}
