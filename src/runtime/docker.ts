import { PaletteEdgeError } from '../errors.ts';
import type { ContainerRuntime, WantedImage } from './container-runtime.ts';
import { runProgram } from './run-program.ts';

const queryTimeout = 60_000;

/**
 * docker. With its own store it keeps the config, whose digest is the image's id, and makes manifests anew when it pushes; with the store of
 * containerd it keeps manifests, too.
 */
export function docker(): ContainerRuntime {
  return {
    name: 'docker',
    place: 'docker',
    takesOneName: false,
    needsDockerArchive: true,
    load: async (archive, signal) => {
      await runProgram('docker', ['load', '--quiet'], { signal, input: archive });
    },
    find: async (images, signal) => {
      const there = new Set<string>();
      for (const image of images) {
        for (const name of image.names) if (await isThere(image, name, signal)) there.add(name);
      }
      return there;
    },
  };
}

/** What has no tag docker loads without a name: then it is there by its id. */
async function isThere(image: WantedImage, name: string, signal: AbortSignal): Promise<boolean> {
  const ids = [...image.configs, image.root];
  for (const asked of name.includes('@') ? ids : [name]) {
    const id = await idOf(asked, signal);
    if (id !== undefined && ids.some((wanted) => wanted === id)) return true;
  }
  return false;
}

async function idOf(name: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const args = ['image', 'inspect', '--format', '{{.Id}}', name];
    return (await runProgram('docker', args, { signal, timeout: queryTimeout })).trim();
  } catch (error) {
    if (error instanceof PaletteEdgeError && /no such image/i.test(error.message)) return undefined;
    throw error;
  }
}
