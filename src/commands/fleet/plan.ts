import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { buildListener } from '../../cli/build-listener.ts';
import { diskFolder } from '../../cli/disk-folder.ts';
import { emitRequest, fleetEmitFlags } from '../../cli/fleet-emit-flags.ts';
import type { EmittingFlags } from '../../cli/fleet-emit-flags.ts';
import { fleetInput } from '../../cli/fleet-input.ts';
import { paletteAccessFlags } from '../../cli/palette-flags.ts';
import { registryFlags } from '../../cli/registry-flags.ts';
import { storeFlags } from '../../cli/store-flags.ts';
import { wireBuild } from '../../cli/wire-build.ts';
import type { EmissionEngine } from '../../fleet/emission.ts';
import { fleetEmitView } from '../../views/fleet-emit-view.ts';
import { fleetPlanView } from '../../views/fleet-plan-view.ts';
import { warningView } from '../../views/warning-view.ts';
import { emitFleet } from '../../workflows/fleet-emit.ts';
import type { FleetEmitResult } from '../../workflows/fleet-emit.ts';
import { loadFleet } from '../../workflows/fleet-files.ts';
import { planFleetBundles, plannedOffline } from '../../workflows/fleet-plan.ts';
import type { FleetPlanResult } from '../../workflows/fleet-plan.ts';

/** `palette-edge fleet plan` */
export default class FleetPlan extends BaseCommand {
  static override summary =
    'Shows which distinct bundles a fleet of sites needs, and how much each site has to be brought.';
  static override description = `Sites with the same content and options share a bundle; of those, sites that have the same share a delta bundle. Manifests are pulled, layers are not: squeezing and patches make the bytes less. With --emit no registry is asked: the plan is written as jobs of Kubernetes, GitHub, GitLab or Argo.`;
  static override examples = [
    {
      description: 'What the next release means for all sites:',
      command: '<%= config.bin %> <%= command.id %> fleet.yaml',
    },
    {
      description: 'Only the names of the bundles, without a registry, for scripts:',
      command: '<%= config.bin %> <%= command.id %> fleet.yaml --offline --json',
    },
    {
      description: 'A workflow of GitHub Actions that builds them:',
      command:
        '<%= config.bin %> <%= command.id %> fleet.yaml --emit github --output .github/workflows/fleet.yaml',
    },
    {
      description: 'Jobs of Kubernetes:',
      command:
        '<%= config.bin %> <%= command.id %> fleet.yaml --emit kubernetes --builder-image registry.example.com/palette-edge:1 | kubectl apply --server-side -f -',
    },
  ];

  static override args = {
    fleet: Args.string({ description: 'The fleet file.', required: true, ignoreStdin: true }),
  };

  static override flags = {
    ...paletteAccessFlags,
    ...registryFlags,
    ...storeFlags,
    offline: Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'Ask no registry: the bundles, without their bytes.',
      default: false,
      exclusive: ['emit'],
    }),
    ...fleetEmitFlags,
  };

  async run(): Promise<FleetPlanResult | FleetEmitResult> {
    const { args, flags } = await this.parse(FleetPlan);
    if (flags.emit !== undefined) return await this.#emit(args.fleet, flags.emit, flags);
    const loaded = await loadFleet(args.fleet, 'published');
    for (const warning of loaded.plan.warnings) this.tell(warningView(warning));
    if (flags.offline) return this.#shown(plannedOffline(loaded));
    using progress = this.progress();
    await using wiring = await wireBuild(flags, this.config, buildListener(progress, true));
    const result = await planFleetBundles(
      loaded,
      {
        build: wiring.resources,
        inputOf: async (bundle) => await fleetInput(bundle, args.fleet, this.signal),
        scratch: diskFolder(),
      },
      this.signal,
    );
    progress.close();
    if (result.bundles.some(({ failure }) => failure !== undefined)) this.endWith('incomplete');
    return this.#shown(result);
  }

  async #emit(fleetFile: string, engine: EmissionEngine, flags: EmittingFlags): Promise<FleetEmitResult> {
    const { request, warnings } = await emitRequest(engine, flags, this.config.version);
    // What sites have is where the engine keeps bundles, and need not be here.
    const loaded = await loadFleet(fleetFile, true);
    for (const warning of [...warnings, ...loaded.plan.warnings]) this.tell(warningView(warning));
    const result = await emitFleet(loaded, { ...request, fleetFile });
    if (result.output !== undefined) this.tell(fleetEmitView(result));
    else {
      this.tellNews(fleetEmitView(result));
      this.print(result.text.trimEnd());
    }
    return result;
  }

  #shown(result: FleetPlanResult): FleetPlanResult {
    this.show(fleetPlanView(result));
    return result;
  }
}
