import type { ContainerRuntime } from '../../src/runtime/container-runtime.ts';
import { loadBundle } from '../../src/workflows/load-bundle.ts';
import type { LoadRequest } from '../../src/workflows/load-input.ts';
import { multi, richBundle, writtenBundle } from '../support/rich-bundle.ts';

export const single = 'quay.io/org/single:2';

export const amd64 = { os: 'linux', architecture: 'amd64' };

export const arm64 = { os: 'linux', architecture: 'arm64' };

/** A bundle with images of all kinds. */
export const rich = await richBundle();

export const pinned = `quay.io/org/pinned@${rich.digests.get(multi)}`;

/** Loads all into a runtime, but for what is said. */
export function requestFor(runtime: ContainerRuntime, more: Partial<LoadRequest> = {}): LoadRequest {
  return {
    patterns: [],
    platform: undefined,
    hostPlatform: amd64,
    target: { kind: 'runtime', runtime },
    isUncompressed: false,
    isDryRun: false,
    ...more,
  };
}

/** What loading needs, with nobody who listens. */
export const resources = () => ({
  listener: { onStart: () => undefined, onBytes: () => undefined },
  now: () => 0,
  signal: new AbortController().signal,
});

/** Loads from a file. */
export async function loadRichBundle(request: LoadRequest, bundle = rich.bundle) {
  return await loadBundle({ path: await writtenBundle(bundle) }, request, resources());
}
