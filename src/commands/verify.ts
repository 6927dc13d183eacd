import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { baseFlags, baseRegistryFlags } from '../cli/base-flags.ts';
import { bundleInput } from '../cli/standard-input.ts';
import { bundleTrust, oneBundleTrustFlags } from '../cli/trust-flags.ts';
import { verifyListener } from '../cli/verify-listener.ts';
import { wireBases } from '../cli/wire-bases.ts';
import { verifyView } from '../views/verify-view.ts';
import { verifyWithBases } from '../workflows/verify-bundle.ts';
import type { VerifyResult } from '../workflows/verify-bundle.ts';
import { verifyStream } from '../workflows/verify-stream.ts';

/** `palette-edge verify` */
export default class Verify extends BaseCommand {
  static override summary = 'Checks every byte of a bundle against its digests.';
  static override description = `Hashes every blob, in parallel, without unpacking, and checks that the images are complete. Names every damaged blob and the images that need it; then the exit code is 5. What comes from standard input is checked as far as the first fault.

Of a delta bundle what is in it is checked; with --base every layer that it stands for is restored and hashed, too.

With --public-key it must be signed with that key, and what a squeezed bundle has in the place of a layer must be what the image says of it. A layer of which no image says that is restored.`;
  static override examples = [
    {
      description: 'Check a bundle after it was copied to a stick:',
      command: '<%= config.bin %> <%= command.id %> /media/stick/core-edge-1a2b3c4d.tar.zst',
    },
    {
      description: 'Check one while it arrives, without keeping it:',
      command: 'ssh build cat edge.tar.zst | <%= config.bin %> <%= command.id %> -',
    },
    {
      description: 'Check that it is of whom you trust, too:',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --public-key site.pub',
    },
  ];

  static override args = {
    file: Args.string({
      description: 'A bundle, its parts list or any part, an ISO image, or - for standard input.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = { ...baseFlags, ...baseRegistryFlags, ...oneBundleTrustFlags };

  async run(): Promise<VerifyResult> {
    const { args, flags } = await this.parse(Verify);
    const trust = await bundleTrust(flags);
    using progress = this.progress();
    await using wiring = await wireBases(flags, { config: this.config, progress });
    using input = bundleInput(args.file, this.signal, { bases: wiring.bases, trust });
    const { path, stream, bases } = input;
    const listener = verifyListener(progress);
    const result =
      stream === undefined
        ? await verifyWithBases({ path, bases, trust }, listener, this.signal)
        : await verifyStream({ path, stream, trust }, listener, this.signal);
    progress.close();
    this.show(verifyView(result));
    if (result.problems.length > 0) this.endWith('content');
    return result;
  }
}
