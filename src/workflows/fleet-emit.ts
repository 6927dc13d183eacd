import { resolve } from 'node:path';

import { wordDiskError } from '../errors.ts';
import { contentPaths } from '../fleet/cluster-layout.ts';
import { emitArgo } from '../fleet/emit-argo.ts';
import { emitGithub } from '../fleet/emit-github.ts';
import { emitGitlab } from '../fleet/emit-gitlab.ts';
import { emitKubernetes } from '../fleet/emit-kubernetes.ts';
import type { ClusterFiles } from '../fleet/emit-kubernetes.ts';
import type { Emission, EmissionEngine, EmittedFile } from '../fleet/emission.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import type { LoadedFleet } from './fleet-files.ts';
import { readSourceFile } from './read-source-file.ts';

/** What is emitted, of what the command knows. */
export type EmitRequest = Omit<Emission, 'fleet' | 'bundles'> & {
  readonly engine: EmissionEngine;
  /** Undefined when the text is only returned. */
  readonly output?: string | undefined;
};

/** What an engine is given. */
export interface FleetEmitResult {
  readonly engine: EmissionEngine;
  readonly sites: number;
  readonly full: number;
  readonly deltas: number;
  readonly output?: string | undefined;
  readonly text: string;
}

/**
 * Writes the plan of a fleet as the engine runs it. The same files give the same bytes, wherever they lie.
 *
 * @param loaded with all bases: they are where the engine keeps bundles
 * @throws PaletteEdgeError `FLEET_EMIT_PATH`, `FLEET_EMIT_TEXT`, `FLEET_FILE_TOO_LARGE` (kind usage), or why a file cannot be read or written
 */
export async function emitFleet(
  loaded: LoadedFleet,
  { engine, output, ...request }: EmitRequest,
): Promise<FleetEmitResult> {
  const { fleet, plan } = loaded;
  const { bundles } = plan;
  const emission = { ...request, fleet, bundles };
  const text = await textFor(engine, emission, loaded);
  if (output !== undefined) {
    try {
      await writeFileAtomically(output, async (file) => await file.writeFile(text));
    } catch (error) {
      throw wordDiskError(error, `writing ${output}`);
    }
  }
  const deltas = bundles.filter(({ base }) => base !== undefined).length;
  return { engine, sites: fleet.sites.length, full: bundles.length - deltas, deltas, output, text };
}

async function textFor(engine: EmissionEngine, emission: Emission, loaded: LoadedFleet): Promise<string> {
  if (engine === 'github') return emitGithub(emission);
  if (engine === 'gitlab') return emitGitlab(emission);
  const files = await clusterFiles(emission, loaded);
  return engine === 'argo' ? emitArgo(emission, files) : emitKubernetes(emission, files);
}

async function clusterFiles({ bundles }: Emission, { folder, state }: LoadedFleet): Promise<ClusterFiles> {
  const named: EmittedFile[] = [];
  const paths = new Set(bundles.flatMap(({ content }) => contentPaths(content)));
  for (const path of [...paths].toSorted())
    named.push({ path, text: (await readSourceFile(resolve(folder, path), 'file of the fleet')).text });
  return { state, named };
}
