import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The Node versions the project is tested on. */
export const nodeMajors = [24, 26] as const;

const binaries: Readonly<Record<(typeof nodeMajors)[number], string>> = {
  24: '../../node_modules/node/bin/node',
  26: '../../node_modules/.cache/node26/node_modules/node/bin/node',
};

/**
 * The path of a Node binary, for tests that compare what two versions do.
 *
 * @throws Error when setup has not run
 */
export function nodeBinary(major: (typeof nodeMajors)[number]): string {
  const path = fileURLToPath(new URL(binaries[major], import.meta.url));
  if (existsSync(path)) return path;
  throw new Error(`Node ${major} is not at ${path}: run npm test, or node scripts/setup.mjs`);
}
