import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { outputPath } from '../cli/output-path.ts';
import { splitFlags, splitRequest } from '../cli/split-flags.ts';
import { convertedOutputFlag, effortFlag } from '../cli/squeeze-flags.ts';
import { bundleTrust, oneBundleTrustFlags } from '../cli/trust-flags.ts';
import { squeezeListener, wireSqueeze } from '../cli/wire-squeeze.ts';
import { squeezeView } from '../views/squeeze-view.ts';
import { warningView } from '../views/warning-view.ts';
import { squeezeBundle } from '../workflows/squeeze-bundle.ts';
import type { SqueezeResult } from '../workflows/squeeze-bundle.ts';

/** `palette-edge squeeze` */
export default class Squeeze extends BaseCommand {
  static override summary =
    'Makes a bundle smaller: the same images and digests, in about two thirds of the bytes.';
  static override description = `Registries have layers as gzip, in which nothing shrinks any more. A squeezed bundle has them without gzip, and for each a recipe from which the exact gzip bytes come back: serve, push, load and extract give the original digests. A layer of which no recipe is found stays as it is.

Other tools open it, too: for them its images have the same image IDs, and layers without gzip.`;
  static override examples = [
    {
      description: 'Squeeze a bundle for a thin link:',
      command: '<%= config.bin %> <%= command.id %> content-1a2b3c4d/core-edge-1a2b3c4d.tar.zst',
    },
    {
      description: 'As small as it gets, however long it takes, in parts for FAT32:',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --effort max --split 4GiB-1',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'A bundle, its parts list or any part, or an ISO image.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    effort: effortFlag,
    output: convertedOutputFlag('beside the bundle; of one in content-ID, in squeezed-ID beside that folder'),
    ...splitFlags,
    ...oneBundleTrustFlags,
  };

  protected override readonly resumeAdvice =
    'Run the same command again: what was found out about layers is kept.';

  async run(): Promise<SqueezeResult> {
    const { args, flags } = await this.parse(Squeeze);
    const input = {
      path: args.bundle,
      output: outputPath(flags.output),
      effort: flags.effort,
      split: splitRequest(flags),
      trust: await bundleTrust(flags),
    };
    using progress = this.progress();
    await using wiring = wireSqueeze(this.config, squeezeListener(progress));
    const result = await squeezeBundle(input, wiring.resources, this.signal);
    progress.close();
    for (const warning of result.warnings) this.tell(warningView(warning));
    this.show(squeezeView(result));
    return result;
  }
}
