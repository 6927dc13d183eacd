import { Args } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { fleetStatusView } from '../../views/fleet-status-view.ts';
import { loadFleet } from '../../workflows/fleet-files.ts';
import { fleetStatus } from '../../workflows/fleet-status.ts';
import type { FleetStatusResult } from '../../workflows/fleet-status.ts';

/** `palette-edge fleet status` */
export default class FleetStatus extends BaseCommand {
  static override summary = 'Shows what each site of a fleet received last, and what is ready for it.';
  static override description = 'Reads the fleet file and its state file; asks nobody.';
  static override examples = [
    { description: 'Who has what:', command: '<%= config.bin %> <%= command.id %> fleet.yaml' },
  ];

  static override args = {
    fleet: Args.string({ description: 'The fleet file.', required: true, ignoreStdin: true }),
  };

  async run(): Promise<FleetStatusResult> {
    const { args } = await this.parse(FleetStatus);
    const result = fleetStatus(await loadFleet(args.fleet));
    this.show(fleetStatusView(result));
    return result;
  }
}
