import { onTestFinished } from 'vitest';

import { startDockerRegistry } from './docker-registry.ts';
import type { DockerRegistryOptions } from './docker-registry.ts';

/** Starts a docker-registry, which ends with the running test. */
export async function runningDockerRegistry(options?: DockerRegistryOptions) {
  const registry = await startDockerRegistry(options);
  onTestFinished(async () => await registry.stop());
  return registry;
}
