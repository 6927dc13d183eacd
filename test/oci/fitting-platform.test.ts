import { expect, test } from 'vitest';

import { fittingPlatform } from '../../src/oci/fitting-platform.ts';

test.each([
  ['linux/arm/v7', ['linux/amd64', 'linux/arm/v6'], 'linux/arm/v6'],
  ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v6'],
  ['linux/arm/v7', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm/v8', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/arm/v6', ['linux/arm/v5'], 'linux/arm/v5'],
  ['linux/arm/v6', ['linux/arm/v7', 'linux/arm/v8'], undefined],
  ['linux/arm/v5', ['linux/arm/v4'], undefined],
  ['linux/arm/v7', ['windows/arm/v6', 'linux/arm64', 'linux/arm/x', 'linux/arm/v6/x'], undefined],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v2'],
  ['linux/amd64', ['linux/amd64/v2', 'linux/386'], undefined],
  ['linux/arm64/v9', ['linux/arm64'], 'linux/arm64'],
  ['linux/arm64', ['linux/arm/v8', 'linux/arm/v7'], undefined],
  ['linux/s390x', ['linux/s390x/v1', 'linux/riscv64'], undefined],
  ['linux/arm/v7', [], undefined],
])('%s of %j is %s', (wanted, available, fitting) => {
  expect(fittingPlatform(wanted, available)).toBe(fitting);
});
