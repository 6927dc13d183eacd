import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { filePassphrase } from '../cli/file-passphrase.ts';
import { outputPath } from '../cli/output-path.ts';
import { convertedOutputFlag } from '../cli/squeeze-flags.ts';
import { wireEncrypt } from '../cli/wire-encrypt.ts';
import { decryptView } from '../views/encrypt-view.ts';
import { readIdentities } from '../workflows/decrypt-identities.ts';
import { decryptBundle } from '../workflows/decrypt-bundle.ts';
import type { DecryptResult } from '../workflows/decrypt-bundle.ts';

/** `palette-edge decrypt` */
export default class Decrypt extends BaseCommand {
  static override summary = 'Decrypts a bundle, or whatever age has encrypted.';
  static override description = `Writes NAME.tar.zst of NAME.tar.zst.age, with its checksum beside it. The file gets its name when all of it was found to be what was encrypted: a damaged or truncated one leaves nothing.

Of a file that is encrypted with a passphrase, that is taken from PALETTE_EDGE_PASSPHRASE, or asked for.`;
  static override examples = [
    {
      description: 'With the secret key that age-keygen or keys age wrote:',
      command: '<%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst.age --identity edge.key',
    },
    {
      description: 'From parts, onto a larger disk:',
      command:
        '<%= config.bin %> <%= command.id %> /media/stick/edge.tar.zst.age.parts.json --identity edge.key --output /data/edge.tar.zst',
    },
  ];

  static override args = {
    file: Args.string({
      description: 'An encrypted file, the list of its parts, or any part.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    identity: Flags.file({
      char: 'i',
      helpGroup: 'INPUT',
      helpValue: 'FILE',
      summary:
        'A file with secret keys (AGE-SECRET-KEY-1…), which may be encrypted with a passphrase itself.',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    output: convertedOutputFlag('beside the encrypted file, without .age'),
  };

  async run(): Promise<DecryptResult> {
    const { args, flags } = await this.parse(Decrypt);
    const ask = async (path: string): Promise<string> => await filePassphrase(path, this.signal);
    const identities = await readIdentities(flags.identity, ask);
    const keys = { identities, askPassphrase: async () => await ask(args.file) };
    const input = { path: args.file, output: outputPath(flags.output), keys };
    using progress = this.progress();
    await using wiring = wireEncrypt(this.config, progress, 'Decrypting');
    const result = await decryptBundle(input, wiring.resources, this.signal);
    progress.close();
    this.show(decryptView(result));
    return result;
  }
}
