import { Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { wireDriveSystem } from '../../cli/wire-usb.ts';
import { usbListView } from '../../views/usb-list-view.ts';
import { listUsbDrives } from '../../workflows/list-usb-drives.ts';
import type { UsbListResult } from '../../workflows/list-usb-drives.ts';

/** `palette-edge usb list` */
export default class UsbList extends BaseCommand {
  static override summary = 'Lists removable drives, and what keeps them from being written to.';
  static override description = `On Linux. Nothing is written, and no root is needed; root sees what other mount namespaces have mounted, too.`;
  static override examples = [
    {
      description: 'What is plugged in:',
      command: '<%= config.bin %> <%= command.id %>',
    },
    {
      description: 'All drives, with the reason why each is refused:',
      command: '<%= config.bin %> <%= command.id %> --all',
    },
  ];

  static override flags = {
    all: Flags.boolean({ summary: 'List drives that are not removable, too.' }),
    image: Flags.string({ helpValue: 'FILE', summary: 'Tell which drives are too small for this image.' }),
  };

  async run(): Promise<UsbListResult> {
    const { flags } = await this.parse(UsbList);
    const result = await listUsbDrives(
      { isAll: flags.all, image: flags.image },
      wireDriveSystem(),
      this.signal,
    );
    this.show(usbListView(result));
    return result;
  }
}
