import { fileURLToPath } from 'node:url';

/** The sources: what works without a build. */
const sourceEntry = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

/**
 * What tests run as `palette-edge`: the package as it is published, which test/support/build-package.ts builds before the first
 * test. It starts in a fifth of the time that the sources take. Outside of vitest, the sources.
 */
export const cliEntry = process.env['PALETTE_EDGE_TEST_ENTRY'] ?? sourceEntry;
