import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { outputPath } from '../cli/output-path.ts';
import { splitFlags, splitRequest } from '../cli/split-flags.ts';
import { convertedOutputFlag } from '../cli/squeeze-flags.ts';
import { bundleTrust, oneBundleTrustFlags } from '../cli/trust-flags.ts';
import { HashThread } from '../io/hash-thread.ts';
import { unsqueezeView } from '../views/squeeze-view.ts';
import { warningView } from '../views/warning-view.ts';
import { unsqueezeBundle } from '../workflows/unsqueeze-bundle.ts';
import type { UnsqueezeResult } from '../workflows/unsqueeze-bundle.ts';

/** `palette-edge unsqueeze` */
export default class Unsqueeze extends BaseCommand {
  static override summary = 'Makes the plain bundle of a squeezed one: the very file that was squeezed.';
  static override description = `Restores every layer as the registry had it. It is needed only where another tool is to find the original digests in the file: every command takes squeezed bundles as they are. After Ctrl-C or worse the same command goes on where it was stopped.`;
  static override examples = [
    {
      description: 'The bundle as it was before it was squeezed:',
      command: '<%= config.bin %> <%= command.id %> squeezed-1a2b3c4d/core-edge-1a2b3c4d.squeezed.tar.zst',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'A squeezed bundle, its parts list or any part, or an ISO image.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    output: convertedOutputFlag('beside the bundle; of one in squeezed-ID, in content-ID beside that folder'),
    ...splitFlags,
    ...oneBundleTrustFlags,
  };

  async run(): Promise<UnsqueezeResult> {
    const { args, flags } = await this.parse(Unsqueeze);
    const output = outputPath(flags.output);
    const trust = await bundleTrust(flags);
    const input = { path: args.bundle, output, split: splitRequest(flags), trust };
    using progress = this.progress();
    await using hasher = new HashThread();
    const listener = {
      onStart: (total: number) => progress.startPhase('Restoring', total),
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
