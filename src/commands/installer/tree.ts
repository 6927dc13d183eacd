import { Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { installerFilesRequest, installerFlags } from '../../cli/installer-flags.ts';
import { wireTree } from '../../cli/wire-installer.ts';
import { bundleTrust, trustFlags } from '../../cli/trust-flags.ts';
import { requirePath } from '../../cli/output-path.ts';
import { treeView } from '../../views/installer-tree-view.ts';
import { warningView } from '../../views/warning-view.ts';
import { makeInstallerTree } from '../../workflows/make-installer-tree.ts';
import type { TreeResult } from '../../workflows/make-installer-tree.ts';

/** `palette-edge installer tree` */
export default class InstallerTree extends BaseCommand {
  static override summary =
    'Makes the folder that is laid over a checkout of CanvOS, to build an installer with content.';
  static override description = `Each bundle becomes one file, content-ID/NAME.tar.zst: the build of CanvOS cuts it by itself. Parts are joined. The rest gets the names that CanvOS has in its template: user-data, spc.tgz, .edge-custom-config.yaml.

To change an installer that is built already, see: palette-edge installer embed.`;
  static override examples = [
    {
      description: 'The folder for a build with a bundle and user-data, and how it is laid over:',
      command:
        '<%= config.bin %> <%= command.id %> --content core-edge-1a2b3c4d.tar.zst --user-data user-data --out tree && cp -a tree/. CanvOS/',
    },
  ];

  static override flags = {
    ...installerFlags,
    ...trustFlags,
    out: Flags.string({
      aliases: ['output'],
      helpGroup: 'OUTPUT',
      helpValue: 'FOLDER',
      required: true,
      summary: 'The folder; made when it is not there.',
    }),
    replace: Flags.boolean({
      helpGroup: 'OUTPUT',
      default: false,
      summary: 'Replace files of the same names that are in the folder.',
    }),
  };

  async run(): Promise<TreeResult> {
    const { flags } = await this.parse(InstallerTree);
    const input = {
      ...installerFilesRequest(flags),
      trust: await bundleTrust(flags),
      output: requirePath(flags.out, '--out FOLDER'),
      replaces: flags.replace,
    };
    using progress = this.progress();
    await using wiring = wireTree(progress);
    const result = await makeInstallerTree(input, wiring.resources, this.signal);
    progress.close();
    for (const warning of result.warnings) this.tell(warningView(warning));
    this.show(treeView(result));
    return result;
  }
}
