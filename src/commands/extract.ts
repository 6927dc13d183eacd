import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { extractFlags, extractRequest } from '../cli/extract-flags.ts';
import { bundleInput } from '../cli/standard-input.ts';
import { bundleTrust, oneBundleTrustFlags } from '../cli/trust-flags.ts';
import { wireBases } from '../cli/wire-bases.ts';
import { extractView } from '../views/extract-view.ts';
import { extractBundle } from '../workflows/extract-bundle.ts';
import type { ExtractResult } from '../workflows/extract-bundle.ts';

/** `palette-edge extract` */
export default class Extract extends BaseCommand {
  static override summary = 'Takes one image, one file, one chart or everything out of a bundle.';
  static override description = `Only what is asked for is decompressed. It gets its name when all of it matches its digests; nothing that is there is replaced.

Images keep the digests that they have in their registry.`;
  static override examples = [
    {
      description: 'An image as a folder, for skopeo and umoci (oci:nginx):',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --image nginx:1.27 --output nginx',
    },
    {
      description: 'An image into podman or docker, without a file:',
      command:
        '<%= config.bin %> <%= command.id %> edge.tar.zst --image nginx:1.27 --format docker-archive --arch amd64 --output - | podman load',
    },
    {
      description: 'A chart:',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --chart web:1.2.3 --output web-1.2.3.tgz',
    },
    {
      description: 'Everything, from another machine, while it arrives:',
      command: 'ssh build cat edge.tar.zst | <%= config.bin %> <%= command.id %> - --all edge',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'A bundle, its parts list or any part, an ISO image, or - for standard input.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = { ...extractFlags, ...oneBundleTrustFlags };

  async run(): Promise<ExtractResult> {
    const { args, flags, metadata } = await this.parse(Extract);
    const request = extractRequest(
      { ...flags, json: this.jsonEnabled() },
      (name) => metadata.flags[name]?.setFromDefault !== true,
    );
    const trust = await bundleTrust(flags);
    using progress = this.progress();
    await using wiring = await wireBases(flags, { config: this.config, progress });
    using input = bundleInput(args.bundle, this.signal, { bases: wiring.bases, trust });
    const listener = {
      onStart: (total: number) => progress.startPhase('Extracting', total),
      onBytes: (count: number) => progress.advance(count),
    };
    const result = await extractBundle(input, request, { listener, signal: this.signal });
    progress.close();
    // What is extracted has standard output, when it goes there.
    if (result.output === undefined) this.tellNews(extractView(result));
    else this.show(extractView(result));
    return result;
  }
}
