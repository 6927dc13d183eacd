import type { Platform } from '../oci/descriptor.ts';
import { parsePlatform } from '../oci/platform.ts';
import { containerd } from '../runtime/containerd.ts';
import { ctrCommand } from '../runtime/ctr-command.ts';
import { docker } from '../runtime/docker.ts';
import { findRuntimes, firstThere, onlyRuntime } from '../runtime/find-runtimes.ts';
import type { IntoName } from '../runtime/find-runtimes.ts';
import { podman } from '../runtime/podman.ts';
import type { BasePlace } from '../workflows/base-place.ts';
import type { LoadListener, LoadTarget } from '../workflows/load-input.ts';
import { runtimeBase } from '../workflows/runtime-base.ts';
import { findProgram } from './discovery-flags.ts';
import { containerdNamespace, intoRequest } from './load-flags.ts';
import type { Progress } from './progress.ts';

/** The flags that say where to. */
interface TargetFlags {
  readonly into: string | undefined;
  readonly namespace: string;
  readonly address: string | undefined;
}

const usualSocket = '/run/containerd/containerd.sock';
const sharedSocket = '/run/k3s/containerd/containerd.sock';
const k3sFolder = '/var/lib/rancher/k3s';
const rke2Folder = '/var/lib/rancher/rke2';
/** Where k3s installs itself. It is not always on the PATH of sudo. */
const k3sProgram = '/usr/local/bin/k3s';
/** Where podman keeps temporary files: `/tmp` may be memory. */
const podmanFolder = '/var/tmp';
const dockerSocket = '/var/run/docker.sock';

/**
 * What to load into: as it was named, or the only one that is here.
 *
 * @throws PaletteEdgeError of kind usage: `INTO_INVALID`, `NAMESPACE_INVALID`, `RUNTIME_AMBIGUOUS`; `RUNTIME_NOT_FOUND` (kind notFound)
 */
export async function loadTarget(flags: TargetFlags): Promise<LoadTarget> {
  const namespace = containerdNamespace(flags.namespace);
  const request = intoRequest(flags.into);
  if (request.kind === 'folder') return request;
  const addresses = socketsOf(flags);
  const name = request.kind === 'named' ? request.name : onlyRuntime(await found(addresses));
  const address = (await firstThere(addresses)) ?? addresses[0] ?? usualSocket;
  const command = await ctrCommand(ctrPlaces());
  return targetOf(name, { command, address, namespace });
}

function targetOf(name: IntoName, place: Parameters<typeof containerd>[0]): LoadTarget {
  switch (name) {
    case 'containerd':
      return { kind: 'runtime', runtime: containerd(place) };
    case 'podman':
      return { kind: 'runtime', runtime: podman(process.env['TMPDIR'] || podmanFolder) };
    case 'docker':
      return { kind: 'runtime', runtime: docker() };
    case 'k3s':
      return { kind: 'folder', path: `${k3sFolder}/agent/images` };
    case 'rke2':
      return { kind: 'folder', path: `${rke2Folder}/agent/images` };
    default:
      throw new TypeError('unknown name of a runtime');
  }
}

function ctrPlaces(): Parameters<typeof ctrCommand>[0] {
  const path = process.env['PATH'];
  const k3s = findProgram('k3s', path);
  return {
    isOnPath: findProgram('ctr', path) !== undefined,
    k3s: [...(k3s === undefined ? [] : [k3s]), k3sProgram],
    rke2: `${rke2Folder}/bin/ctr`,
  };
}

/** What can be loaded into on this machine, where it usually is. */
export async function runtimesHere(): Promise<IntoName[]> {
  return await found(socketsOf({ into: undefined, namespace: '', address: undefined }));
}

/** Of k3s and rke2 the folder counts, not their own `ctr`: what is there is imported again when it is needed. */
async function found(containerdSockets: readonly string[]): Promise<IntoName[]> {
  const path = process.env['PATH'];
  const programs = (['ctr', 'podman', 'docker'] as const).filter(
    (name) => findProgram(name, path) !== undefined,
  );
  const isElsewhere = (process.env['DOCKER_HOST'] ?? '') !== '';
  return await findRuntimes({
    programs: new Set(programs),
    containerdSockets,
    dockerSocket: isElsewhere ? undefined : dockerSocket,
    k3sFolder,
    rke2Folder,
  });
}

/** k3s and rke2 have a containerd of their own, both at the same place. */
function socketsOf({ address }: TargetFlags): readonly string[] {
  const named = address ?? (process.env['CONTAINERD_ADDRESS'] || undefined);
  return named === undefined ? [usualSocket, sharedSocket] : [named.replace(/^unix:\/\//, '')];
}

/**
 * Where bases of a delta bundle are, besides what the user names: what is loaded into may have them.
 *
 * @param path of the bundle; what comes from standard input is read once, and is no delta bundle
 */
export function loadPlaces(target: LoadTarget, path: string): readonly BasePlace[] {
  const place = target.kind === 'runtime' && path !== '-' ? runtimeBase(target.runtime) : undefined;
  return place === undefined ? [] : [place];
}

/** The platform of the containers of this machine. */
export function hostPlatform(): Platform {
  const architectures: Readonly<Partial<Record<string, string>>> = {
    x64: 'amd64',
    ia32: '386',
    ppc64: 'ppc64le',
  };
  return parsePlatform(`linux/${architectures[process.arch] ?? process.arch}`);
}

/** Shows what is sent as progress. */
export function loadListener(progress: Progress): LoadListener {
  return {
    onStart: (total) => progress.startPhase('Loading', total),
    onBytes: (count) => progress.advance(count),
  };
}
