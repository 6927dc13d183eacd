import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { filePath } from '../cli/output-path.ts';
import { privateKeyOf } from '../cli/private-key-flag.ts';
import { signView } from '../views/sign-view.ts';
import { signBundle } from '../workflows/sign-bundle.ts';
import type { SignResult } from '../workflows/sign-bundle.ts';

/** `palette-edge sign` */
export default class Sign extends BaseCommand {
  static override summary = 'Signs a bundle that is there, and leaves it as it is.';
  static override description = `Writes the signature into a file beside the bundle, BUNDLE.sig, to those that are in it already: several people can sign. Of parts it lies beside them, with the name that they are joined to; of a bundle in an ISO image, beside the image.

What is signed is the inventory, which names every file and blob by its digest. A signature stays right when the bundle is squeezed, made plain again, or made of a delta bundle.`;
  static override examples = [
    {
      description: 'Sign a bundle with a key of palette-edge keys generate:',
      command: '<%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst --private-key edge.key',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'A bundle, its parts list or any part, or an ISO image.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    'private-key': Flags.string({
      helpValue: 'FILE',
      summary:
        'Private key in PEM: ECDSA on P-256, Ed25519 or RSA. The passphrase of an encrypted one is in PALETTE_EDGE_KEY_PASSPHRASE, or asked for.',
      required: true,
    }),
    output: Flags.file({
      char: 'o',
      helpValue: 'FILE',
      summary: 'Path of the signature file.',
      defaultHelp: async () => await Promise.resolve('beside the bundle, BUNDLE.sig'),
    }),
  };

  async run(): Promise<SignResult> {
    const { args, flags } = await this.parse(Sign);
    const output =
      flags.output === undefined ? undefined : filePath(flags.output, '--output', 'a signature file');
    const key = await privateKeyOf(flags['private-key'], this.signal);
    const result = await signBundle({ path: args.bundle, output }, key);
    this.show(signView(result));
    return result;
  }
}
