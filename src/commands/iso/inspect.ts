import { Args } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { isoInspectView } from '../../views/iso-inspect-view.ts';
import { inspectIso } from '../../workflows/inspect-iso.ts';
import type { InspectIsoResult } from '../../workflows/inspect-iso.ts';

/** `palette-edge iso inspect` */
export default class IsoInspect extends BaseCommand {
  static override summary =
    'Shows what an ISO image holds: its label, its files, and the bundles among them.';
  static override description = `Reads any ISO 9660 image, without xorriso and without mounting it. For one of its bundles: inspect FILE.iso, or inspect FILE.iso:PATH when there are several.`;
  static override examples = [
    {
      description: 'What is in an ISO image:',
      command: '<%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.iso',
    },
    {
      description: 'What is on a stick:',
      command: 'sudo <%= config.bin %> <%= command.id %> /dev/sdb',
    },
  ];

  static override args = {
    file: Args.string({ description: 'An ISO image, or a drive that it is on.', required: true }),
  };

  async run(): Promise<InspectIsoResult> {
    const { args } = await this.parse(IsoInspect);
    const result = await inspectIso(args.file);
    this.show(isoInspectView(result));
    return result;
  }
}
