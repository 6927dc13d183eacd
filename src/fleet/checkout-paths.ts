import { posix } from 'node:path';

import { requirePlainTexts, unreachable } from './emit-error.ts';
import { keyPaths } from './emission.ts';
import type { Emission } from './emission.ts';
import { keyNames } from './key-names.ts';

/** Paths in a checkout, from its root. */
export interface CheckoutPaths {
  readonly fleetFile: string;
  readonly state: string;
  readonly bundles: string;
  /** Private keys that jobs write from secrets, and the names of these. */
  readonly keys: readonly { readonly path: string; readonly variable: string }[];
}

/**
 * Where jobs find things that are in git, and put what they make: all below the folder that the fleet file was named from.
 *
 * @throws PaletteEdgeError `FLEET_EMIT_PATH`, `FLEET_EMIT_TEXT` (kind usage)
 */
export function checkoutPaths(emission: Emission, engine: 'github' | 'gitlab'): CheckoutPaths {
  const { fleet, fleetFile, bundles, args, sharedStores, choices } = emission;
  const keys = keyPaths(bundles);
  const flags = [...args, ...sharedStores, choices.npmPackage];
  requirePlainTexts(engine, [fleetFile, fleet.bundles, fleet.state, ...keys, ...flags]);
  const file = inside(
    'the fleet file',
    fleetFile,
    'Run the command in the root of the repository, and name the fleet file from there.',
  );
  const folder = posix.dirname(file);
  const of = (what: string, path: string): string =>
    inside(
      what,
      path.startsWith('/') ? path : posix.join(folder, path),
      'It has to lie in the repository, below its root.',
    );
  return {
    fleetFile: file,
    state: of('the state file', fleet.state),
    bundles: of('the folder of bundles', fleet.bundles),
    keys: keyNames(keys, keyVariable).map(({ path, name }) => ({
      path: of('the private key', path),
      variable: name,
    })),
  };
}

/** Patterns and variables of engines are not in such a path. */
function inside(what: string, path: string, suggestion: string): string {
  const plain = posix.normalize(path);
  if (/^[A-Za-z0-9_@+=:,. /-]+$/.test(plain) && !/^(?:\/|\.\.(?:\/|$)|\.$|-)/.test(plain)) return plain;
  throw unreachable(what, path, suggestion);
}

/** Name of the secret with a private key, as both engines allow it. */
function keyVariable(path: string): string {
  return `FLEET_KEY_${path.replaceAll(/[^A-Za-z0-9]+/g, '_').toUpperCase()}`;
}
