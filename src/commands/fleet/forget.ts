import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { fleetForgetView } from '../../views/fleet-status-view.ts';
import { loadFleet } from '../../workflows/fleet-files.ts';
import { forgetSites } from '../../workflows/fleet-forget.ts';
import type { FleetForgetResult } from '../../workflows/fleet-forget.ts';

/** `palette-edge fleet forget` */
export default class FleetForget extends BaseCommand {
  static override summary =
    'Notes in the state file that sites have lost what they had, as after a new disk.';
  static override description = `The next fleet build makes a full bundle for each of them. A delta bundle that was ready for one is taken back: without its base it is of no use there.`;
  static override examples = [
    {
      description: 'A site was set up again from nothing:',
      command: '<%= config.bin %> <%= command.id %> fleet.yaml --site shop-001',
    },
  ];

  static override args = {
    fleet: Args.string({ description: 'The fleet file.', required: true, ignoreStdin: true }),
  };

  static override flags = {
    site: Flags.string({
      helpValue: 'SITE',
      summary: 'A site that has lost what it had.',
      multiple: true,
      multipleNonGreedy: true,
      required: true,
    }),
  };

  async run(): Promise<FleetForgetResult> {
    const { args, flags } = await this.parse(FleetForget);
    const result = await forgetSites(await loadFleet(args.fleet), flags.site);
    this.show(fleetForgetView(result));
    return result;
  }
}
