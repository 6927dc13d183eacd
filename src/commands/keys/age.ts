import { Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { filePath } from '../../cli/output-path.ts';
import { ageKeyView } from '../../views/encrypt-view.ts';
import { generateAgeKey } from '../../workflows/generate-age-key.ts';
import type { GeneratedAgeKey } from '../../workflows/generate-age-key.ts';

/** `palette-edge keys age` */
export default class KeysAge extends BaseCommand {
  static override summary =
    'Makes a secret key that decrypts bundles, and shows the public one that encrypts them.';
  static override description = `For sites without age: the file is the same that age-keygen writes. It stays at the site. Only the public key, which begins with age1, goes to where bundles are built. A file that is there is never overwritten.`;
  static override examples = [
    {
      description: 'A key for a site, in edge.key:',
      command: '<%= config.bin %> <%= command.id %> --output edge.key',
    },
  ];

  static override flags = {
    output: Flags.file({
      char: 'o',
      helpGroup: 'OUTPUT',
      helpValue: 'FILE',
      summary: 'Path of the file with the secret key.',
      required: true,
    }),
  };

  async run(): Promise<GeneratedAgeKey> {
    const { flags } = await this.parse(KeysAge);
    const key = await generateAgeKey(filePath(flags.output, '--output', 'a secret key'));
    this.show(ageKeyView(key));
    return key;
  }
}
