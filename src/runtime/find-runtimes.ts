import { access } from 'node:fs/promises';

import { PaletteEdgeError } from '../errors.ts';
import type { RuntimeName } from './container-runtime.ts';

/** What images can be loaded into, by name. */
export const intoNames = ['containerd', 'podman', 'docker', 'k3s', 'rke2'] as const;
export type IntoName = (typeof intoNames)[number];

/** Where to look for what is there. */
export interface RuntimePlaces {
  /** Programs that are on the PATH. */
  readonly programs: ReadonlySet<'ctr' | 'podman' | 'docker'>;
  /** Sockets of containerd; the first that is there counts. */
  readonly containerdSockets: readonly string[];
  /** Undefined when docker is told by its environment where its daemon is. */
  readonly dockerSocket: string | undefined;
  /** What is there when it is installed. */
  readonly k3sFolder: string;
  readonly rke2Folder: string;
}

/** What can be loaded into here, in the order of {@link intoNames}. A program counts when what it speaks to is there. */
export async function findRuntimes(places: RuntimePlaces): Promise<IntoName[]> {
  const { programs, dockerSocket } = places;
  const socket = await firstThere(places.containerdSockets);
  const hasDocker = programs.has('docker') && (dockerSocket === undefined || (await isThere(dockerSocket)));
  const there: Readonly<Record<RuntimeName | 'k3s' | 'rke2', boolean>> = {
    containerd: programs.has('ctr') && socket !== undefined,
    podman: programs.has('podman'),
    docker: hasDocker,
    k3s: await isThere(places.k3sFolder),
    rke2: await isThere(places.rke2Folder),
  };
  return intoNames.filter((name) => there[name]);
}

/**
 * The only one that was found.
 *
 * @throws PaletteEdgeError `RUNTIME_NOT_FOUND` (kind notFound), `RUNTIME_AMBIGUOUS` (kind usage)
 */
export function onlyRuntime(found: readonly IntoName[]): IntoName {
  const [only, ...others] = found;
  if (only === undefined) {
    throw new PaletteEdgeError('RUNTIME_NOT_FOUND', 'nothing to load into was found', {
      kind: 'notFound',
      suggestions: [
        'Looked for: ctr and the socket of containerd, podman, docker and its socket, the folders of k3s and rke2.',
        'Name one: --into containerd --address SOCKET',
        'Or write a file that k3s or rke2 imports later: --into FOLDER',
      ],
    });
  }
  if (others.length === 0) return only;
  throw new PaletteEdgeError('RUNTIME_AMBIGUOUS', `found ${found.join(', ')}, and one is loaded into`, {
    kind: 'usage',
    suggestions: found.map((name) => `Name this one: --into ${name}`),
  });
}

/** The first of some paths that is there. */
export async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isThere(path)) return path;
  return undefined;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
