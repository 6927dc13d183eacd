import { posix } from 'node:path';

import { unreachable } from './emit-error.ts';

/** A private key, and what an engine calls the secret that has it. */
export interface KeyName {
  readonly path: string;
  readonly name: string;
}

/**
 * Names the secrets that private keys come from. Paths of one file, spelt in several ways, are one key.
 *
 * @param nameOf what the engine allows of a path that begins with no dots and slashes
 * @throws PaletteEdgeError `FLEET_EMIT_PATH` (kind usage) for two keys with one name: sites would get bundles that are signed with the wrong one
 */
export function keyNames(paths: readonly string[], nameOf: (path: string) => string): readonly KeyName[] {
  const byName = new Map<string, string>();
  for (const path of paths.map((each) => posix.normalize(each))) {
    const name = nameOf(path.replace(/^(?:\.{0,2}\/)+/, ''));
    const other = byName.get(name);
    if (other !== undefined && other !== path)
      throw unreachable(
        'the private key',
        path,
        `It and ${other} would be the secret ${name}: rename one of them.`,
      );
    byName.set(name, path);
  }
  return [...byName].map(([name, path]) => ({ path, name }));
}
