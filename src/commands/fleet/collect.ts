import { Args } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { fleetBuildView } from '../../views/fleet-build-view.ts';
import { warningView } from '../../views/warning-view.ts';
import { collectFleet } from '../../workflows/fleet-collect.ts';
import type { FleetCollectResult } from '../../workflows/fleet-collect.ts';
import { loadFleet } from '../../workflows/fleet-files.ts';

/** `palette-edge fleet collect` */
export default class FleetCollect extends BaseCommand {
  static override summary = 'Takes into the state file what jobs built, each on a machine of its own.';
  static override description = `Reads what fleet build --keep-state printed, or the files ….fleet.json beside bundles. The bundles need not be here. Then they are ready for their sites, as after fleet build.`;
  static override examples = [
    {
      description: 'What the jobs of a pipeline told:',
      command: '<%= config.bin %> <%= command.id %> fleet.yaml fleet-facts/*.jsonl',
    },
    {
      description: 'What jobs in Kubernetes told:',
      command: `kubectl logs -l app.kubernetes.io/name=palette-edge-fleet --tail=-1 | grep '^{' > facts.jsonl && <%= config.bin %> <%= command.id %> fleet.yaml facts.jsonl`,
    },
  ];

  static override args = {
    fleet: Args.string({ description: 'The fleet file.', required: true, ignoreStdin: true }),
    facts: Args.string({
      description: 'Files with what was told.',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<FleetCollectResult> {
    const { args } = await this.parse(FleetCollect);
    // The bundles that sites have may be elsewhere, too.
    const loaded = await loadFleet(args.fleet, true);
    for (const warning of loaded.plan.warnings) this.tell(warningView(warning));
    const result = await collectFleet(loaded, args.facts);
    this.show(fleetBuildView(result));
    return result;
  }
}
