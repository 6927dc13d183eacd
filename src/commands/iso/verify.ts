import { Args } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { bundleTrust, trustFlags } from '../../cli/trust-flags.ts';
import { wireIsoVerification } from '../../cli/wire-iso.ts';
import { isoVerifyView } from '../../views/iso-verify-view.ts';
import { verifyIso } from '../../workflows/verify-iso.ts';
import type { VerifyIsoResult } from '../../workflows/verify-iso.ts';

/** `palette-edge iso verify` */
export default class IsoVerify extends BaseCommand {
  static override summary =
    'Checks every file of an ISO image against its list of checksums, and its bundles.';
  static override description = `Hashes every file, straight from the ISO image, tells files that are missing or not in the list, and checks each bundle against its inventory. Names everything that is damaged; then the exit code is 5. With --public-key each bundle must be signed; the other files are not.`;
  static override examples = [
    {
      description: 'Check an ISO image after it was downloaded:',
      command: '<%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.iso',
    },
    {
      description: 'Check a stick, at the site:',
      command: 'sudo <%= config.bin %> <%= command.id %> /dev/sdb',
    },
  ];

  static override args = {
    file: Args.string({
      description: 'An ISO image that iso create or build --iso made, or a drive that it is on.',
      required: true,
    }),
  };

  static override flags = trustFlags;

  async run(): Promise<VerifyIsoResult> {
    const { args, flags } = await this.parse(IsoVerify);
    const trust = await bundleTrust(flags);
    using progress = this.progress();
    await using wiring = wireIsoVerification(progress);
    const result = await verifyIso(args.file, { ...wiring.resources, trust }, this.signal);
    progress.close();
    this.show(isoVerifyView(result));
    const isDamaged =
      result.problems.length > 0 || result.bundles.some(({ problems }) => problems.length > 0);
    if (isDamaged) this.endWith('content');
    return result;
  }
}
