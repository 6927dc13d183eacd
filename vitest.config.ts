import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

/**
 * Folders whose tests leave nothing behind in their process: no environment, no globals, no handles. Their files share processes, because
 * many of them are quick, and starting a process and loading the sources takes longer than they do.
 */
const sharing = [
  'bundle',
  'chart',
  'cli',
  'definition',
  'delta',
  'http',
  'integration',
  'io',
  'iso',
  'object-store',
  'oci',
  'palette-api',
  'profile',
  'registry',
  'registry-server',
  'report',
  'squeeze',
  'store',
  'store-sharing',
  'trust',
  'usb',
  'views',
  'workflows',
].map((folder) => `test/${folder}/**/*.test.ts`);

/** Files in these folders that what others left behind would disturb, or that set what belongs to the whole process. */
const apart = [
  // They count the open files of their process.
  'store/read-blob',
  'workflows/open-parts',
  'workflows/restored-layers',
  // Flags of V8 are for all.
  'squeeze/squeeze-mishaps',
].map((name) => `test/${name}.test.ts`);

/**
 * What takes minutes, and is no part of `npm test`: it has scripts and steps of `.ci/run` of its own. Who names a file runs it, too.
 */
const ownSteps = {
  /** Images at full size: installers in machines that are emulated, and one with a file of more than 4 GiB. */
  boots: ['test/integration/installer-boots-*.test.ts', 'test/iso/large-file.test.ts'],
  /** What users install: the package of npm, and the executable without Node. Making them, and what they do. */
  packages: [
    'test/end-to-end/packed-tarball.test.ts',
    'test/end-to-end/standalone.test.ts',
    'test/integration/site-from-the-stick.test.ts',
  ],
};

const steps = Object.values(ownSteps).flat();

export default defineConfig({
  test: {
    globalSetup: ['test/support/build-package.ts'],
    disableConsoleIntercept: true,
    // Many tests wait, for other programs and for retries: with a worker for each processor, these stand idle now and then.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'sharing', include: sharing, exclude: [...apart, ...steps], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: [...sharing, ...steps],
        },
      },
      { extends: true, test: { name: 'apart', include: apart } },
      ...Object.entries(ownSteps).map(([name, include]) => ({
        extends: true as const,
        test: { name, include },
      })),
    ],
  },
});
