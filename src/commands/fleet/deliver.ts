import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { PaletteEdgeError } from '../../errors.ts';
import { fleetDeliverView } from '../../views/fleet-status-view.ts';
import { deliverFleet } from '../../workflows/fleet-deliver.ts';
import type { FleetDeliverResult } from '../../workflows/fleet-deliver.ts';
import { loadFleet } from '../../workflows/fleet-files.ts';

/** `palette-edge fleet deliver` */
export default class FleetDeliver extends BaseCommand {
  static override summary = 'Notes in the state file that sites have received what was built for them.';
  static override description = `Brings nothing anywhere: it is for whoever has brought it. The next fleet build makes delta bundles against what sites have by then.`;
  static override examples = [
    {
      description: 'Two sites have received theirs:',
      command: '<%= config.bin %> <%= command.id %> fleet.yaml --site shop-001 --site shop-002',
    },
    { description: 'All have:', command: '<%= config.bin %> <%= command.id %> fleet.yaml --all' },
  ];

  static override args = {
    fleet: Args.string({ description: 'The fleet file.', required: true, ignoreStdin: true }),
  };

  static override flags = {
    site: Flags.string({
      helpValue: 'SITE',
      summary: 'A site that has received what was ready for it.',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    all: Flags.boolean({ summary: 'All sites for which something is ready.', default: false }),
  };

  async run(): Promise<FleetDeliverResult> {
    const { args, flags } = await this.parse(FleetDeliver);
    if (flags.all === flags.site.length > 0)
      throw new PaletteEdgeError('FLEET_SITES_MISSING', 'expected either --site SITE or --all', {
        kind: 'usage',
        suggestions: ['Name the sites that have received theirs: --site SITE --site SITE'],
      });
    const result = await deliverFleet(await loadFleet(args.fleet), flags.all ? undefined : flags.site);
    this.show(fleetDeliverView(result));
    return result;
  }
}
