import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { encryptedOutputPath, encryptFlags, requireEncryption } from '../cli/encrypt-flags.ts';
import { splitFlags, splitRequest } from '../cli/split-flags.ts';
import { convertedOutputFlag } from '../cli/squeeze-flags.ts';
import { wireEncrypt } from '../cli/wire-encrypt.ts';
import { encryptView } from '../views/encrypt-view.ts';
import { warningView } from '../views/warning-view.ts';
import { encryptBundle } from '../workflows/encrypt-bundle.ts';
import type { EncryptResult } from '../workflows/encrypt-bundle.ts';

/** `palette-edge encrypt` */
export default class Encrypt extends BaseCommand {
  static override summary = 'Encrypts a bundle with age, for its way to a site.';
  static override description = `Takes the bundle as it is, byte for byte, and writes NAME.tar.zst.age beside it. Whoever has the secret key gets it back: with palette-edge decrypt, or with age -d alone.

The bundle that was encrypted stays where it is. To write none in the first place: build --encrypt-to.`;
  static override examples = [
    {
      description: 'For two sites, each with a key of its own:',
      command:
        '<%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst --encrypt-to age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj --encrypt-to age1yg2lq…',
    },
    {
      description: 'With a passphrase that is asked for, in parts for FAT32:',
      command: '<%= config.bin %> <%= command.id %> edge.tar.zst --encrypt-passphrase --split 4GiB-1',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'A bundle of any kind, its parts list or any part, or an ISO image.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...encryptFlags,
    output: convertedOutputFlag('beside the bundle, with .age behind its name'),
    ...splitFlags,
  };

  async run(): Promise<EncryptResult> {
    const { args, flags } = await this.parse(Encrypt);
    const encryption = await requireEncryption(flags, this.signal);
    const output = encryptedOutputPath(flags.output, encryption);
    const input = { path: args.bundle, output, encryption, split: splitRequest(flags) };
    using progress = this.progress();
    await using wiring = wireEncrypt(this.config, progress, 'Encrypting');
    const result = await encryptBundle(input, wiring.resources, this.signal);
    progress.close();
    for (const warning of result.warnings) this.tell(warningView(warning));
    this.show(encryptView(result));
    return result;
  }
}
