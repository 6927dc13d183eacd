import { posix } from 'node:path';

import type { CheckoutPaths } from './checkout-paths.ts';
import type { Emission } from './emission.ts';
import { shellWords } from './shell-words.ts';

/** Folder of what jobs tell of bundles. */
export const factsFolder = 'fleet-facts';

/**
 * The command that builds the bundle `$BUNDLE`, and writes what it tells of it beside the others: the state is written once for all.
 */
export function buildCommand({ fleetFile }: CheckoutPaths, { args, sharedStores }: Emission): string {
  const stores = sharedStores.flatMap((store) => ['--store', store]);
  const flags = shellWords(['--keep-state', ...stores, ...args]);
  return `palette-edge fleet build ${shellWords([fleetFile])} --only "$BUNDLE" ${flags} > "${factsFolder}/$BUNDLE.jsonl"`;
}

/** The command that takes into the state what all jobs told. */
export function collectCommand({ fleetFile }: CheckoutPaths): string {
  return `palette-edge fleet collect ${shellWords([fleetFile])} ${factsFolder}/*.jsonl`;
}

/**
 * Commands that write private keys from the environment to where the fleet file has them; undefined without keys.
 *
 * @param write the command that writes what a variable has to stdout
 */
export function keyCommands(
  { keys }: CheckoutPaths,
  write: (variable: string) => string,
): string | undefined {
  if (keys.length === 0) return undefined;
  const lines = keys.map(({ path, variable }) => {
    const [folder, file] = [shellWords([posix.dirname(path)]), shellWords([path])];
    return `mkdir -p ${folder}\n${write(variable)} > ${file}`;
  });
  return ['umask 077', ...lines].join('\n');
}

/** The command that finds the files of a bundle by what was told of it. */
export const bundleFileCommand = `node -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8").split("\\n")[0]).file' "${factsFolder}/$BUNDLE.jsonl"`;
