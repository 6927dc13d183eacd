import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { baseFlags, baseRequest } from '../cli/base-flags.ts';
import { bundleInput } from '../cli/standard-input.ts';
import { bundleTrust, oneBundleTrustFlags } from '../cli/trust-flags.ts';
import { inspectView } from '../views/inspect-view.ts';
import { warningView } from '../views/warning-view.ts';
import { inspectBundle, inspectStream } from '../workflows/inspect-bundle.ts';
import type { InspectResult } from '../workflows/inspect-bundle.ts';

/** `palette-edge inspect` */
export default class Inspect extends BaseCommand {
  static override summary = 'Shows what a bundle holds, without unpacking it.';
  static override description = `Reads the inventory at the beginning of the bundle; for --tree the manifests, too. Whether the images are undamaged is what verify tells. Signatures are listed; with --public-key they are checked.`;
  static override examples = [
    {
      description: 'Images of a bundle with digests and platforms:',
      command: '<%= config.bin %> <%= command.id %> content-1a2b3c4d/core-edge-1a2b3c4d.tar.zst',
    },
    {
      description: 'Where nginx comes from, its layers, and what it shares with other images:',
      command: "<%= config.bin %> <%= command.id %> edge.tar.zst --tree --image '**/nginx:*'",
    },
    {
      description: 'The whole inventory, for scripts:',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --json',
    },
  ];

  static override args = {
    file: Args.string({
      description: 'A bundle, its parts list or any part, an ISO image, or - for standard input.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...baseFlags,
    ...oneBundleTrustFlags,
    tree: Flags.boolean({
      summary:
        'Show where each image comes from, its platforms and layers with sizes, and what images share.',
      default: false,
    }),
    image: Flags.string({
      helpValue: 'PATTERN',
      summary:
        'Show only these, with their signatures: * is anything within a part of the name, ** is anything.',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
  };

  async run(): Promise<InspectResult> {
    const { args, flags } = await this.parse(Inspect);
    const trust = await bundleTrust(flags);
    using input = bundleInput(args.file, this.signal, { bases: baseRequest(flags), trust });
    const { path, stream, bases } = input;
    const request = { patterns: flags.image, hasTree: flags.tree, bases, trust, signal: this.signal };
    const result =
      stream === undefined
        ? await inspectBundle(path, request)
        : await inspectStream({ path, stream, trust }, request);
    for (const warning of result.warnings ?? []) this.tell(warningView(warning));
    this.show(inspectView(result));
    return result;
  }
}
