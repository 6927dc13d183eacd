import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { contentPieceSize, installerFilesRequest, installerFlags } from '../../cli/installer-flags.ts';
import { wireEmbedding } from '../../cli/wire-installer.ts';
import { bundleTrust, trustFlags } from '../../cli/trust-flags.ts';
import { filePath } from '../../cli/output-path.ts';
import { embedView } from '../../views/installer-embed-view.ts';
import { warningView } from '../../views/warning-view.ts';
import { embedInstaller } from '../../workflows/embed-installer.ts';
import type { EmbedResult } from '../../workflows/embed-installer.ts';

/** `palette-edge installer embed` */
export default class InstallerEmbed extends BaseCommand {
  static override summary =
    'Puts bundles and configuration into a copy of an installer ISO that still boots.';
  static override description = `Files go where a build of CanvOS puts them: content, cut into files of 3 GB, to opt/spectrocloud/content, the cluster definition to opt/spectrocloud/clusterconfig/spc.tgz, user-data to config.yaml, the edge config to .edge_custom_config.yaml. Configuration that is there is replaced, and the result says so.

The copy is written anew around its new size and then checked: boot catalogue, partition tables with their copies, EFI image, and each byte of each file. An installer whose boot structure cannot be carried over is refused. The installer itself is only read. Needs xorriso.`;
  static override examples = [
    {
      description: 'An installer for a site without a network:',
      command:
        '<%= config.bin %> <%= command.id %> palette-edge-installer.iso --content core-edge-1a2b3c4d.tar.zst --user-data user-data --cluster-definition cluster-definition-shop.tgz --out shop.iso',
    },
  ];

  static override args = {
    installer: Args.string({ description: 'An installer ISO.', required: true }),
  };

  static override flags = {
    ...installerFlags,
    ...trustFlags,
    out: Flags.string({
      aliases: ['output'],
      helpGroup: 'OUTPUT',
      helpValue: 'FILE',
      required: true,
      summary: 'The new installer. FILE.sha256 is written beside it.',
    }),
    split: Flags.string({
      helpGroup: 'OUTPUT',
      helpValue: 'SIZE',
      default: '3GB',
      summary: 'Cut content into files of this size: NAME_part00, NAME_part01, …',
    }),
    replace: Flags.boolean({
      helpGroup: 'OUTPUT',
      default: false,
      summary: 'Replace content of the same name that is in the installer.',
    }),
  };

  async run(): Promise<EmbedResult> {
    const { args, flags } = await this.parse(InstallerEmbed);
    const input = {
      ...installerFilesRequest(flags),
      trust: await bundleTrust(flags),
      installer: args.installer,
      output: filePath(flags.out, '--out', 'an installer'),
      pieceSize: contentPieceSize(flags.split),
      replaces: flags.replace,
    };
    using progress = this.progress();
    await using wiring = wireEmbedding(progress);
    const result = await embedInstaller(input, wiring.resources, this.signal);
    progress.close();
    for (const warning of result.warnings) this.tell(warningView(warning));
    this.show(embedView(result));
    return result;
  }
}
