import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { loadFlags, loadPlatform } from '../cli/load-flags.ts';
import { bundleInput } from '../cli/standard-input.ts';
import { bundleTrust, oneBundleTrustFlags } from '../cli/trust-flags.ts';
import { wireBases } from '../cli/wire-bases.ts';
import { hostPlatform, loadListener, loadPlaces, loadTarget } from '../cli/wire-load.ts';
import { loadView } from '../views/load-view.ts';
import { warningView } from '../views/warning-view.ts';
import { loadBundle } from '../workflows/load-bundle.ts';
import type { LoadResult } from '../workflows/load-bundle.ts';

/** `palette-edge load` */
export default class Load extends BaseCommand {
  static override summary =
    'Loads images of a bundle into containerd, podman or docker, or for k3s and rke2.';
  static override description = `Images go from the bundle into the runtime, without a file between. Those that are there already are not sent. Afterwards the runtime is asked whether they are there, with their digests.

A runtime gets the image of its own platform; image indexes keep their digests. When some images fail the others are loaded, and the exit code is 8.`;
  static override examples = [
    {
      description: 'Into the containerd of Kubernetes:',
      command: 'sudo <%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst --into containerd',
    },
    {
      description: 'Some images into podman, straight from an ISO image:',
      command: '<%= config.bin %> <%= command.id %> edge.iso --into podman --image "**/nginx:*"',
    },
    {
      description: 'What is there already, and what would be loaded:',
      command: 'sudo <%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst --dry-run',
    },
    {
      description: 'From a squeezed bundle, quickly, where nothing asks for digests:',
      command: '<%= config.bin %> <%= command.id %> edge.squeezed.tar.zst --into docker --uncompressed',
    },
    {
      description: 'Where k3s imports them:',
      command: 'sudo <%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst --into k3s',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'A bundle, its parts list or any part, an ISO image, or - for standard input.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = { ...loadFlags, ...oneBundleTrustFlags };

  protected override readonly resumeAdvice =
    'Run the same command again: images that are there are not sent again.';

  async run(): Promise<LoadResult> {
    const { args, flags } = await this.parse(Load);
    const target = await loadTarget(flags);
    const request = {
      patterns: flags.image,
      platform: loadPlatform(flags),
      hostPlatform: hostPlatform(),
      target,
      isUncompressed: flags.uncompressed,
      isDryRun: flags['dry-run'],
    };
    const trust = await bundleTrust(flags);
    using progress = this.progress();
    const { config } = this;
    const places = loadPlaces(target, args.bundle);
    await using wiring = await wireBases(flags, { config, places, progress });
    using input = bundleInput(args.bundle, this.signal, { bases: wiring.bases, trust });
    const resources = {
      listener: loadListener(progress),
      now: () => performance.now(),
      signal: this.signal,
    };
    const result = await loadBundle(input, request, resources);
    progress.close();
    for (const warning of result.warnings) this.tell(warningView(warning));
    this.show(loadView(result));
    if (result.failures.length > 0) this.endWith('incomplete');
    return result;
  }
}
