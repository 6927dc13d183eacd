import { PaletteEdgeError } from '../errors.ts';
import { canonicalJson } from '../io/canonical-json.ts';
import type { Json } from '../io/canonical-json.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import type { EmittedFile } from './emission.ts';

/** A ConfigMap holds at most 1 MiB, names of keys included. */
const maximumSize = 1024 * 1024;

/** Where a file is found in a cluster. */
export interface FilePlace {
  readonly path: string;
  /** Name of the ConfigMap. */
  readonly map: string;
  readonly key: string;
}

/** Files in ConfigMaps. */
export interface ConfigMaps {
  readonly objects: readonly Json[];
  readonly places: readonly FilePlace[];
}

/**
 * Puts files into as few ConfigMaps as follows from their order. They are called by their content, and never change: a job that runs keeps what it
 * began with.
 *
 * @param labels of each
 * @throws PaletteEdgeError `FLEET_FILE_TOO_LARGE` (kind usage) for a file that fits in none
 */
export function configMaps(
  files: readonly EmittedFile[],
  labels: Readonly<Record<string, string>>,
): ConfigMaps {
  const groups: { readonly files: (EmittedFile & { readonly key: string })[]; size: number }[] = [];
  for (const [index, file] of files.entries()) {
    const key = `${index}-${baseKey(file.path)}`;
    const size = key.length + Buffer.byteLength(file.text);
    if (size > maximumSize) throw tooLarge(file);
    let group = groups.at(-1);
    if (group === undefined || group.size + size > maximumSize) {
      group = { files: [], size: 0 };
      groups.push(group);
    }
    group.files.push({ ...file, key });
    group.size += size;
  }
  const made = groups.map((group) => configMap(group.files, labels));
  return {
    objects: made.map(({ object }) => object),
    places: made.flatMap(({ name, keys }) => keys.map((place) => ({ ...place, map: name }))),
  };
}

function configMap(
  files: readonly (EmittedFile & { readonly key: string })[],
  labels: Readonly<Record<string, string>>,
): {
  readonly name: string;
  readonly object: Json;
  readonly keys: readonly { readonly path: string; readonly key: string }[];
} {
  const data = Object.fromEntries(files.map(({ key, text }) => [key, text]));
  const name = `palette-edge-fleet-${digestHex(digestOf(canonicalJson(data))).slice(0, 10)}`;
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels },
    immutable: true,
    data,
  };
  return { name, object, keys: files.map(({ path, key }) => ({ path, key })) };
}

function baseKey(path: string): string {
  return path
    .slice(path.lastIndexOf('/') + 1)
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 100);
}

function tooLarge({ path, text }: EmittedFile): PaletteEdgeError {
  return new PaletteEdgeError(
    'FLEET_FILE_TOO_LARGE',
    `${path}: expected at most ${maximumSize} bytes, what a ConfigMap holds, received ${Buffer.byteLength(text)}`,
    {
      kind: 'usage',
      suggestions: [
        'Split it: a content may name several image lists, manifests and profiles.',
        'Or have it in a repository of git: --emit github and --emit gitlab build where it is checked out.',
      ],
    },
  );
}
