import { join } from 'node:path';

import { buildBundle } from './build-bundle.ts';
import type { BuildResult } from './build-bundle.ts';
import type { BuildResources } from './build-input.ts';
import { openDemoFolder, writeDemoProfiles } from './demo-folder.ts';
import { startDemoRegistry } from './demo-registry.ts';
import { verifyBundle } from './verify-bundle.ts';
import type { VerifyListener, VerifyResult } from './verify-bundle.ts';

/** What the demo works with. */
export interface DemoInput {
  /** Everything that the demo makes is in it. */
  readonly folder: string;
  /** The texts of the demo's profiles, by the names that their files get in the folder. */
  readonly profiles: ReadonlyMap<string, string>;
}

/** The parts of the demo. */
export interface DemoResources {
  /** The parts of a build that pulls from this host over plain HTTP. */
  readonly useBuildResources: <T>(host: string, use: (resources: BuildResources) => Promise<T>) => Promise<T>;
  /** Told where the registry of the demo listens. */
  readonly onRegistry: (host: string) => void;
  readonly verifyListener: VerifyListener;
}

/** What the demo did. */
export interface DemoResult {
  readonly folder: string;
  /** Where the registry listened; it does no more. */
  readonly registry: string;
  readonly build: BuildResult;
  readonly verification: VerifyResult;
}

/**
 * The main job on real input, with nothing but this package: starts a registry on loopback with sample images, builds a
 * bundle of what the profiles name, through the real client, and verifies it.
 *
 * @throws PaletteEdgeError `DEMO_FOLDER_TAKEN`, and those of {@link buildBundle} and {@link verifyBundle}
 */
export async function runDemo(
  input: DemoInput,
  resources: DemoResources,
  signal: AbortSignal,
): Promise<DemoResult> {
  const { folder } = input;
  await openDemoFolder(folder);
  const profiles = await writeDemoProfiles(folder, input.profiles);
  const registry = await startDemoRegistry(folder);
  try {
    resources.onRegistry(registry.host);
    const buildInput = {
      sources: {
        profiles,
        images: [],
        imagesFiles: [],
        manifests: [],
        variables: new Map([['Registry', registry.host]]),
        macros: new Map<string, string>(),
      },
      platforms: undefined,
      allowMissingPlatform: false,
      skipMissing: false,
      isDryRun: false,
      outfile: undefined,
      output: join(folder, 'demo.tar.zst'),
      compressionLevel: 3,
    };
    const build = await resources.useBuildResources(
      registry.host,
      async (buildResources) => await buildBundle(buildInput, buildResources, signal),
    );
    const verification = await verifyBundle(buildInput.output, resources.verifyListener, signal);
    return { folder, registry: registry.host, build, verification };
  } finally {
    await registry.close();
  }
}
