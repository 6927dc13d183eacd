import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build-package.ts'],
    disableConsoleIntercept: true,
    // Many tests wait for other programs: with a processor left free, as is the default, two stand half idle.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
