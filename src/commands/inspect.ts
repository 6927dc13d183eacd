import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { inspectView } from '../views/inspect-view.ts';
import { inspectBundle } from '../workflows/inspect-bundle.ts';
import type { InspectResult } from '../workflows/inspect-bundle.ts';

/** `palette-edge inspect` */
export default class Inspect extends BaseCommand {
  static override summary = 'Shows what a bundle holds, without unpacking it.';
  static override description = `Reads the inventory at the beginning of the bundle. Whether the images are undamaged is what verify tells.`;
  static override examples = [
    {
      description: 'Images of a bundle with digests and platforms:',
      command: '<%= config.bin %> <%= command.id %> content-1a2b3c4d/core-edge-1a2b3c4d.tar.zst',
    },
    {
      description: 'The whole inventory, for scripts:',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --json',
    },
  ];

  static override args = {
    file: Args.string({
      description: 'A bundle, or one in parts: its parts list, or any part.',
      required: true,
    }),
  };

  async run(): Promise<InspectResult> {
    const { args } = await this.parse(Inspect);
    const result = await inspectBundle(args.file);
    this.show(inspectView(result));
    return result;
  }
}
