import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { outputPath } from '../cli/output-path.ts';
import { splitFlags, splitRequest } from '../cli/split-flags.ts';
import { convertedOutputFlag } from '../cli/squeeze-flags.ts';
import { HashThread } from '../io/hash-thread.ts';
import { unsqueezeView } from '../views/squeeze-view.ts';
import { unsqueezeBundle } from '../workflows/unsqueeze-bundle.ts';
import type { UnsqueezeResult } from '../workflows/unsqueeze-bundle.ts';

/** `palette-edge unsqueeze` */
export default class Unsqueeze extends BaseCommand {
  static override summary = 'Makes the plain bundle of a squeezed one: the very file that was squeezed.';
  static override description = `Restores every layer as the registry had it. It is needed only where another tool is to find the original digests in the file: every command takes squeezed bundles as they are.`;
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
  };

  async run(): Promise<UnsqueezeResult> {
    const { args, flags } = await this.parse(Unsqueeze);
    const input = { path: args.bundle, output: outputPath(flags.output), split: splitRequest(flags) };
    using progress = this.progress();
    await using hasher = new HashThread();
    const listener = {
      onStart: (total: number) => progress.startPhase('Restoring', total),
      onBytes: (count: number) => progress.advance(count),
    };
    const result = await unsqueezeBundle(input, { hasher, listener }, this.signal);
    progress.close();
    this.show(unsqueezeView(result));
    return result;
  }
}
