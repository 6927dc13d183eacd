import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { bundleInput } from '../cli/standard-input.ts';
import { bundleTrust, trustFlags } from '../cli/trust-flags.ts';
import { PaletteEdgeError } from '../errors.ts';
import { diffView } from '../views/diff-view.ts';
import { diffBundles } from '../workflows/diff-bundles.ts';
import type { DiffResult } from '../workflows/diff-bundles.ts';

/** `palette-edge diff` */
export default class Diff extends BaseCommand {
  static override summary =
    'Compares two bundles or definitions: what was added, removed, moved, and what to ship.';
  static override description = `Images, charts and files are compared by name. Moved is what has the same name and another digest. To ship are the blobs that the second has and the first has not.

Only inventories are read. A file called .yaml, .yml or .json is taken for a definition; what it does not pin is not compared.`;
  static override examples = [
    {
      description: 'What is new in the bundle of this month, and how much has to be carried:',
      command: '<%= config.bin %> <%= command.id %> october.tar.zst november.tar.zst',
    },
    {
      description: 'Whether a bundle is what its definition says, in a script:',
      command: '<%= config.bin %> <%= command.id %> bundle-definition.yaml edge.iso --exit-code',
    },
    {
      description: 'What a site has, with what is to come, without copying either:',
      command: 'ssh site cat edge.tar.zst | <%= config.bin %> <%= command.id %> - november.tar.zst',
    },
  ];

  static override args = {
    before: Args.string({
      description:
        'A bundle, its parts list or any part, an ISO image, a definition, or - for a bundle from standard input.',
      required: true,
      ignoreStdin: true,
    }),
    after: Args.string({
      description: 'What it is compared with.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    'exit-code': Flags.boolean({
      summary: 'End with the exit code 9 when they differ.',
      default: false,
    }),
    ...trustFlags,
  };

  async run(): Promise<DiffResult> {
    const { args, flags } = await this.parse(Diff);
    if (args.before === '-' && args.after === '-') throw bothFromStandardInput();
    const trust = await bundleTrust(flags);
    using before = bundleInput(args.before, this.signal, { trust });
    using after = bundleInput(args.after, this.signal, { trust });
    const result = await diffBundles(before, after);
    this.show(diffView(result));
    if (flags['exit-code'] && !result.isSame) this.endWith('differences');
    return result;
  }
}

function bothFromStandardInput(): PaletteEdgeError {
  return new PaletteEdgeError('INPUT_TWICE', 'both sides are -, but standard input is one bundle', {
    kind: 'usage',
    suggestions: ['Name one of them as a file.'],
  });
}
