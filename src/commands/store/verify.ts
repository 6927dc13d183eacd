import { Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { storeFlags } from '../../cli/store-flags.ts';
import { ownStoreFolder } from '../../cli/store-folder.ts';
import { wireStoreVerification } from '../../cli/store-verifying.ts';
import { storeVerifyView } from '../../views/store-verify-view.ts';
import { storeVerify } from '../../workflows/store-verify.ts';
import type { StoreVerifyResult } from '../../workflows/store-verify.ts';

/** `palette-edge store verify` */
export default class StoreVerify extends BaseCommand {
  static override summary = 'Hashes every blob of the store.';
  static override description = `Builds find damaged blobs by themselves, when they read them. This finds all, after a power cut or when a disk is in doubt; then the exit code is 5, with --repair too.`;
  static override examples = [
    {
      description: 'Check the store, and remove what is damaged:',
      command: '<%= config.bin %> <%= command.id %> --repair',
    },
  ];

  static override flags = {
    ...storeFlags,
    repair: Flags.boolean({
      default: false,
      summary: 'Remove damaged blobs: the next build that needs them pulls them again.',
    }),
  };

  async run(): Promise<StoreVerifyResult> {
    const { flags } = await this.parse(StoreVerify);
    using progress = this.progress();
    await using wiring = wireStoreVerification(progress);
    const input = { store: ownStoreFolder(flags, this.config), isRepair: flags.repair };
    const result = await storeVerify(input, wiring.resources, this.signal);
    progress.close();
    this.show(storeVerifyView(result));
    if (result.damaged.length > 0) this.endWith('content');
    return result;
  }
}
