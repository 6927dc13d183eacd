import { Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { newKeyPassphrase } from '../../cli/key-passphrase.ts';
import { requirePath } from '../../cli/output-path.ts';
import { keyTypes } from '../../trust/generate-key.ts';
import { generatedKeysView } from '../../views/generated-keys-view.ts';
import { generateKeys } from '../../workflows/generate-keys.ts';
import type { GeneratedKeys } from '../../workflows/generate-keys.ts';

/** `palette-edge keys generate` */
export default class KeysGenerate extends BaseCommand {
  static override summary = 'Makes a pair of keys: one that signs bundles, and one that checks them.';
  static override description = `Writes PATH.key, which stays where bundles are built, and PATH.pub, which goes wherever they are read. Keys that are there are never overwritten.

Keys of openssl do as well: ECDSA on P-256, Ed25519, and RSA of 2048 bits and more, in PEM.`;
  static override examples = [
    {
      description: 'Keys in edge.key, encrypted, and edge.pub:',
      command: '<%= config.bin %> <%= command.id %> --output edge --encrypt',
    },
  ];

  static override flags = {
    type: Flags.option({ options: keyTypes })({
      summary: 'Kind of keys: ECDSA on P-256, RSA of 3072 bits, or Ed25519.',
      default: 'ecdsa',
    }),
    output: Flags.string({
      char: 'o',
      helpValue: 'PATH',
      summary: 'Path of the files, but for .key and .pub.',
      default: 'palette-edge',
    }),
    encrypt: Flags.boolean({
      summary:
        'Encrypt the private key, with the passphrase in PALETTE_EDGE_KEY_PASSPHRASE or one that is asked for. It is encrypted, too, whenever that variable is set.',
      default: false,
    }),
  };

  async run(): Promise<GeneratedKeys> {
    const { flags } = await this.parse(KeysGenerate);
    const name = requirePath(flags.output, '--output PATH');
    const passphrase = await newKeyPassphrase(flags.encrypt, this.signal);
    const keys = await generateKeys({ type: flags.type, name, passphrase });
    this.show(generatedKeysView(keys));
    return keys;
  }
}
