import { Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { storeFlags } from '../../cli/store-flags.ts';
import { ownStoreFolder } from '../../cli/store-folder.ts';
import { storeListView } from '../../views/store-list-view.ts';
import { storeList } from '../../workflows/store-list.ts';
import type { StoreListResult } from '../../workflows/store-list.ts';

/** `palette-edge store list` */
export default class StoreList extends BaseCommand {
  static override summary = 'Shows what is in the store, and when it was last used.';
  static override description = `The store keeps blobs, which images share; it does not remember of which images they are. It remembers bases that build --base used.`;
  static override examples = [
    {
      description: 'How much there is, and how old it is:',
      command: '<%= config.bin %> <%= command.id %>',
    },
    {
      description: 'Every blob, least recently used first, for scripts:',
      command: '<%= config.bin %> <%= command.id %> --json',
    },
  ];

  static override flags = {
    ...storeFlags,
    blobs: Flags.boolean({ default: false, summary: 'List every blob, least recently used first.' }),
  };

  async run(): Promise<StoreListResult> {
    const { flags } = await this.parse(StoreList);
    const result = await storeList(ownStoreFolder(flags, this.config), Date.now(), this.signal);
    this.show(storeListView(result, { isEach: flags.blobs }));
    return result;
  }
}
