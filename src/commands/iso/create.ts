import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { isoFlags, isoOutputPath, isoRequest } from '../../cli/iso-flags.ts';
import { splitFlags } from '../../cli/split-flags.ts';
import { bundleTrust, trustFlags } from '../../cli/trust-flags.ts';
import { wireIso } from '../../cli/wire-iso.ts';
import { isoCreatedView } from '../../views/iso-created-view.ts';
import { warningView } from '../../views/warning-view.ts';
import { createIso } from '../../workflows/create-iso.ts';
import type { CreatedIso } from '../../workflows/create-iso.ts';

/** `palette-edge iso create` */
export default class IsoCreate extends BaseCommand {
  static override summary = 'Makes an ISO image of bundles, for a second USB drive.';
  static override description = `The image holds the bundles, SHA256SUMS of all files, and README.txt for whoever plugs it in. Linux, Windows and macOS read it. The same input gives the same bytes.

Needs xorriso.`;
  static override examples = [
    {
      description: 'An ISO image with a bundle in its root, beside the bundle:',
      command: '<%= config.bin %> <%= command.id %> content-1a2b3c4d/core-edge-1a2b3c4d.tar.zst',
    },
    {
      description: 'The layout of a content partition, with the tool for the site:',
      command:
        '<%= config.bin %> <%= command.id %> edge.tar.zst --iso-path bundle-content --cluster-definition spc.tgz --include-tool palette-edge-linux-x64 --output stick.iso',
    },
    {
      description: 'The bundle in parts, to be copied on to FAT32:',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --split 4GiB-1',
    },
  ];

  static override args = {
    bundle: Args.string({ description: 'Bundles.', required: true, multiple: true, ignoreStdin: true }),
  };

  static override flags = {
    output: Flags.file({
      helpGroup: 'OUTPUT',
      helpValue: 'FILE',
      char: 'o',
      summary: 'Path of the ISO image.',
      defaultHelp: async () => await Promise.resolve('beside the bundle, with the ending .iso'),
    }),
    ...splitFlags,
    ...isoFlags,
    ...trustFlags,
  };

  async run(): Promise<CreatedIso> {
    const { args, flags } = await this.parse(IsoCreate);
    const trust = await bundleTrust(flags);
    const input = { bundles: args.bundle, output: isoOutputPath(flags.output), ...isoRequest(flags), trust };
    using progress = this.progress();
    await using wiring = wireIso(progress);
    const result = await createIso(input, wiring.resources, this.signal);
    progress.close();
    for (const warning of result.warnings) this.tell(warningView(warning));
    this.show(isoCreatedView(result));
    return result;
  }
}
