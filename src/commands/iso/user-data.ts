import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { isoOutputPath } from '../../cli/iso-flags.ts';
import { findXorriso } from '../../cli/wire-iso.ts';
import { userDataIsoView } from '../../views/iso-user-data-view.ts';
import { warningView } from '../../views/warning-view.ts';
import { userDataIso } from '../../workflows/user-data-iso.ts';
import type { UserDataIso } from '../../workflows/user-data-iso.ts';

/** `palette-edge iso user-data` */
export default class IsoUserData extends BaseCommand {
  static override summary = 'Makes the ISO image that gives an edge host its site’s user data.';
  static override description = `Checks that the file begins with #cloud-config and is YAML, and warns of keys of the stylus block that the documentation does not have. The image has the label cidata, and holds user-data and an empty meta-data. Tokens and passwords are in no message; only you can read the image. An older image of user data is replaced; one of something else that has the name stays.

Needs xorriso.`;
  static override examples = [
    {
      description: 'The ISO image user-data.iso, beside the file:',
      command: '<%= config.bin %> <%= command.id %> site-1/user-data',
    },
  ];

  static override args = {
    file: Args.string({ description: 'User data.', required: true }),
  };

  static override flags = {
    output: Flags.file({
      helpGroup: 'OUTPUT',
      helpValue: 'FILE',
      char: 'o',
      summary: 'Path of the ISO image.',
      defaultHelp: async () => await Promise.resolve('beside the file, with the ending .iso'),
    }),
  };

  async run(): Promise<UserDataIso> {
    const { args, flags } = await this.parse(IsoUserData);
    const input = { file: args.file, output: isoOutputPath(flags.output) };
    const result = await userDataIso(input, { xorriso: findXorriso() }, this.signal);
    for (const warning of result.warnings) this.tell(warningView(warning));
    this.show(userDataIsoView(result));
    return result;
  }
}
