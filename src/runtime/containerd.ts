import type { ContainerRuntime, WantedImage } from './container-runtime.ts';
import type { Command } from './ctr-command.ts';
import { readProgram } from './read-program.ts';
import { runProgram } from './run-program.ts';

/** How to speak to containerd, where it is, and where in it. */
export interface ContainerdPlace {
  readonly command: Command;
  /** Of its socket. */
  readonly address: string;
  /** Kubernetes has its images in `k8s.io`. */
  readonly namespace: string;
}

const queryTimeout = 60_000;

/**
 * containerd through `ctr`. It keeps the manifests byte for byte. Nothing is unpacked: whoever starts the first container does, into
 * the snapshotter that it uses, which `ctr` does not know.
 */
export function containerd({ command, address, namespace }: ContainerdPlace): ContainerRuntime {
  const [program, ...before] = command;
  const ctr = [...before, '--address', address, '--namespace', namespace];
  const ask = async (args: readonly string[], signal: AbortSignal): Promise<string> =>
    await runProgram(program, [...ctr, ...args], { signal, timeout: queryTimeout });
  const held = async (signal: AbortSignal): Promise<ReadonlySet<string>> =>
    new Set((await ask(['content', 'ls', '--quiet'], signal)).split('\n'));
  return {
    name: 'containerd',
    place: `containerd, namespace ${namespace}`,
    takesOneName: false,
    needsDockerArchive: false,
    load: async (archive, signal) => {
      await runProgram(program, [...ctr, 'images', 'import', '--no-unpack', '-'], { signal, input: archive });
    },
    find: async (images, signal) => {
      const named = imagesIn(await ask(['images', 'ls'], signal));
      // Of what a name stands for something may be missing: content is removed when nothing names it for a while.
      return namesThere(images, named, await held(signal));
    },
    content: {
      held,
      read: (digest, signal) => readProgram(program, [...ctr, 'content', 'get', digest], signal),
    },
  };
}

/** Names and digests in the table of `ctr images ls`: REF TYPE DIGEST …, without blanks in the first three columns. */
function imagesIn(table: string): ReadonlyMap<string, string> {
  const rows = table.split('\n').slice(1);
  return new Map(
    rows.map((row) => {
      const [name = '', , digest = ''] = row.split(/\s+/, 3);
      return [name, digest];
    }),
  );
}

function namesThere(
  images: readonly WantedImage[],
  named: ReadonlyMap<string, string>,
  held: ReadonlySet<string>,
): ReadonlySet<string> {
  const complete = images.filter(({ blobs }) => blobs.every((digest) => held.has(digest)));
  return new Set(complete.flatMap(({ names, root }) => names.filter((name) => named.get(name) === root)));
}
