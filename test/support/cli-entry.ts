import { fileURLToPath } from 'node:url';

/** The sources: what works without a build. */
const sourceEntry = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

/**
 * What tests run as `palette-edge`: the package as it is published, which test/support/build-package.ts builds before the first
 * test. It starts in a fifth of the time that the sources take. Outside of vitest, the sources.
 */
export const cliEntry = process.env['PALETTE_EDGE_TEST_ENTRY'] ?? sourceEntry;

/** For the environment of processes that tests start: what Node compiled for the processes before. */
export const compiledBefore: Readonly<Record<string, string>> =
  process.env['NODE_COMPILE_CACHE'] === undefined
    ? {}
    : { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] };
