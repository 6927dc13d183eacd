import { BaseCommand } from '../../cli/base-command.ts';
import { storeFlags } from '../../cli/store-flags.ts';
import { ownStoreFolder } from '../../cli/store-folder.ts';
import { pruneLimits, storePruneFlags } from '../../cli/store-prune-flags.ts';
import { storePruneView } from '../../views/store-prune-view.ts';
import { storePrune } from '../../workflows/store-prune.ts';
import type { StorePruneResult } from '../../workflows/store-prune.ts';

/** `palette-edge store prune` */
export default class StorePrune extends BaseCommand {
  static override summary = 'Removes blobs from the store, least recently used first.';
  static override description = `Safe while builds run: what one of them needs stays. What is removed is pulled again when it is needed. With both limits a blob goes when either says so. When build --base used a base, that was a use of all its blobs.`;
  static override examples = [
    {
      description: 'Keep the 50 GB that were used last:',
      command: '<%= config.bin %> <%= command.id %> --max-size 50GB',
    },
    {
      description: 'See what was not used for 30 days:',
      command: '<%= config.bin %> <%= command.id %> --older-than 30d --dry-run',
    },
    {
      description: 'Remove all but what the next delta bundles are made against:',
      command: '<%= config.bin %> <%= command.id %> --max-size 0 --keep-base core-edge-1a2b3c4d.tar.zst',
    },
  ];

  static override flags = { ...storeFlags, ...storePruneFlags };

  async run(): Promise<StorePruneResult> {
    const { flags } = await this.parse(StorePrune);
    const store = ownStoreFolder(flags, this.config);
    const result = await storePrune(
      { store, isDryRun: flags['dry-run'], keptBases: flags['keep-base'], ...pruneLimits(flags) },
      this.signal,
    );
    this.show(storePruneView(result));
    return result;
  }
}
