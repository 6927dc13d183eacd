import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { baseFlags, baseRegistryFlags } from '../cli/base-flags.ts';
import { diskFolder } from '../cli/disk-folder.ts';
import { outputPath } from '../cli/output-path.ts';
import { splitFlags, splitRequest } from '../cli/split-flags.ts';
import { convertedOutputFlag } from '../cli/squeeze-flags.ts';
import { bundleTrust, oneBundleTrustFlags } from '../cli/trust-flags.ts';
import { wireBases } from '../cli/wire-bases.ts';
import { HashThread } from '../io/hash-thread.ts';
import { unsqueezeView } from '../views/squeeze-view.ts';
import { warningView } from '../views/warning-view.ts';
import { unsqueezeBundle } from '../workflows/unsqueeze-bundle.ts';
import type { UnsqueezeResult } from '../workflows/unsqueeze-bundle.ts';

/** `palette-edge apply` */
export default class Apply extends BaseCommand {
  static override summary = 'Makes the new bundle of a delta bundle and what it was made against.';
  static override description = `Byte for byte the bundle that a build without --base would have written: the same id, the same sha256. Every blob is hashed on its way. After Ctrl-C or worse the same command goes on where it was stopped.

It is needed only where the new bundle is to be a file: serve, push, load and extract take a delta bundle as it is, with --base.`;
  static override examples = [
    {
      description: 'Bring a site from version 1 to version 2:',
      command:
        '<%= config.bin %> <%= command.id %> core-edge-5e6f7a8b.delta.tar.zst --base core-edge-1a2b3c4d.tar.zst --output core-edge-5e6f7a8b.tar.zst',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'A delta bundle, its parts list or any part, or an ISO image.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...baseFlags,
    ...baseRegistryFlags,
    output: convertedOutputFlag('beside the delta bundle, or in content-ID for delta-ID'),
    ...splitFlags,
    ...oneBundleTrustFlags,
  };

  async run(): Promise<UnsqueezeResult> {
    const { args, flags } = await this.parse(Apply);
    const output = outputPath(flags.output);
    const trust = await bundleTrust(flags);
    using progress = this.progress();
    await using wiring = await wireBases(flags, { config: this.config, progress });
    const { bases = { paths: [], folder: diskFolder() } } = wiring;
    const input = { path: args.bundle, bases, output, split: splitRequest(flags), trust };
    await using hasher = new HashThread();
    const listener = {
      onStart: (total: number) => progress.startPhase('Applying', total),
      onCheck: (total: number) => progress.startPhase('Checking what is there', total),
      onBytes: (count: number) => progress.advance(count),
    };
    const result = await unsqueezeBundle(input, { hasher, listener }, this.signal);
    progress.close();
    for (const warning of result.warnings) this.tell(warningView(warning));
    this.show(unsqueezeView(result));
    return result;
  }
}
