import { dirname, join } from 'node:path';

import type { HeadEntry } from '../bundle/tar-layout.ts';
import { wordDiskError } from '../errors.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { fetchClusterDefinition } from '../palette-api/fetch-cluster-definition.ts';
import type { ClusterDefinitionRequest } from '../palette-api/fetch-cluster-definition.ts';
import { checkDefinitionOutput, outputTarget } from './check-output.ts';
import type { PaletteAccess } from './fetch-profiles.ts';

/** A cluster definition as Palette gave it. */
export interface ClusterDefinition {
  readonly name: string;
  /** The `.tgz`, never looked into. */
  readonly bytes: Uint8Array;
}

/** A cluster definition that was written beside a bundle. */
export interface WrittenClusterDefinition {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

/** Where cluster definitions are in the tar (docs/bundle-format.md, "The tar"). */
export const clusterDefinitionFolder = 'palette-edge/cluster-definition/';

/** @throws PaletteEdgeError as {@link fetchClusterDefinition} does */
export async function downloadClusterDefinition(
  request: ClusterDefinitionRequest,
  { client, signal }: PaletteAccess,
): Promise<ClusterDefinition> {
  return { name: request.name, bytes: await fetchClusterDefinition(client, request, signal) };
}

/** The definition as it goes into the head of a bundle. */
export function clusterDefinitionEntries(definition: ClusterDefinition | undefined): HeadEntry[] {
  if (definition === undefined) return [];
  const { name, bytes } = definition;
  return [{ path: `${clusterDefinitionFolder}${name}.tgz`, bytes }];
}

/** Where the definition goes beside a bundle: installers take it from a file of its own. */
export function clusterDefinitionPath(bundlePath: string, name: string): string {
  return join(dirname(bundlePath), `cluster-definition-${name}.tgz`);
}

/** Makes sure that writing it destroys nothing but an older one; throws as {@link checkDefinitionOutput} does. */
export async function checkClusterDefinition(
  definition: ClusterDefinition | undefined,
  bundlePath: string,
): Promise<void> {
  if (definition !== undefined)
    await checkDefinitionOutput(clusterDefinitionPath(bundlePath, definition.name));
}

/** @throws PaletteEdgeError kind disk that names the file */
export async function writeClusterDefinition(
  { name, bytes }: ClusterDefinition,
  bundlePath: string,
): Promise<WrittenClusterDefinition> {
  const path = clusterDefinitionPath(bundlePath, name);
  try {
    await writeFileAtomically(await outputTarget(path), async (file) => await file.writeFile(bytes));
  } catch (error) {
    throw wordDiskError(error, `writing the cluster definition to ${path}`);
  }
  return { name, path, size: bytes.length, sha256: digestHex(digestOf(bytes)) };
}
