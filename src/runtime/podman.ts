import { randomBytes } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { PaletteEdgeError, wordDiskError } from '../errors.ts';
import { removeStalePartials } from '../io/atomic-file.ts';
import { isRecord } from '../io/is-record.ts';
import { printable } from '../io/printable.ts';
import type { ContainerRuntime, WantedImage } from './container-runtime.ts';
import { runProgram } from './run-program.ts';

const queryTimeout = 60_000;
/** Whoever loads an image writes all the time, unless it arrives over a slow link. */
const staleAfterMs = 60 * 60 * 1000;

/**
 * podman. Of an OCI archive with one image it keeps manifest and digest; of one with several it reads `manifest.json`, and makes
 * manifests of its own. So each image is loaded by itself.
 *
 * @param temporaryFolder where podman keeps an archive while it loads it
 */
export function podman(temporaryFolder: string): ContainerRuntime {
  return {
    name: 'podman',
    place: 'podman',
    takesOneName: true,
    needsDockerArchive: false,
    load: async (archive, signal) => {
      const folder = await ownFolder(temporaryFolder);
      try {
        await runProgram('podman', ['load', '--quiet'], { signal, input: archive, env: { TMPDIR: folder } });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    find: async (images, signal) => {
      const args = ['images', '--no-trunc', '--format', 'json'];
      const listed = listedImages(await runProgram('podman', args, { signal, timeout: queryTimeout }));
      return new Set(images.flatMap((image) => namesThere(image, listed)));
    },
    tag: async (name, other, signal) => {
      await runProgram('podman', ['tag', name, other], { signal, timeout: queryTimeout });
    },
  };
}

/**
 * What podman keeps of an archive it does not remove when it is ended in the middle. What was left because we were, too, the next load
 * removes.
 */
async function ownFolder(parent: string): Promise<string> {
  const base = join(parent, 'palette-edge-podman');
  const folder = `${base}.${randomBytes(6).toString('hex')}.partial`;
  try {
    await mkdir(folder, { mode: 0o700 });
    // All users make such folders there, and each may remove only its own.
    const { uid: owner } = await stat(folder);
    await removeStalePartials(base, staleAfterMs, { owner, looksInside: true });
    return folder;
  } catch (error) {
    throw wordDiskError(error, `making a folder in ${parent}`);
  }
}

interface ListedImage {
  readonly names: ReadonlySet<string>;
  /** `repository@digest`, with the digest of the image index, and of the manifest. */
  readonly digests: ReadonlySet<string>;
  readonly id: string;
}

function namesThere({ names, root, configs }: WantedImage, listed: readonly ListedImage[]): string[] {
  const own = listed.filter(({ id, digests }) => {
    const isIt = configs.some((config) => config.endsWith(`:${id}`));
    return isIt && [...digests].some((digest) => digest.endsWith(`@${root}`));
  });
  return names.filter((name) => own.some((image) => image.names.has(name) || image.digests.has(name)));
}

/** @throws PaletteEdgeError `RUNTIME_FAILED` (kind failure) */
function listedImages(output: string): ListedImage[] {
  let list: unknown;
  try {
    list = JSON.parse(output === '' ? '[]' : output);
  } catch (error) {
    throw notUnderstood(output, error);
  }
  if (!Array.isArray(list)) throw notUnderstood(output, undefined);
  return list.filter(isRecord).map((image) => ({
    names: texts(image['Names']),
    digests: texts(image['RepoDigests']),
    id: String(image['Id']).replace(/^sha256:/, ''),
  }));
}

function texts(value: unknown): ReadonlySet<string> {
  return new Set(Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []);
}

function notUnderstood(output: string, cause: unknown): PaletteEdgeError {
  return new PaletteEdgeError(
    'RUNTIME_FAILED',
    `podman images did not print a list in JSON: ${JSON.stringify(printable(output, 80))}`,
    { kind: 'failure', cause },
  );
}
