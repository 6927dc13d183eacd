import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../cli/base-command.ts';
import { diskFolder } from '../../cli/disk-folder.ts';
import { fleetInput } from '../../cli/fleet-input.ts';
import { paletteAccessFlags } from '../../cli/palette-flags.ts';
import type { PublishReachFlags } from '../../cli/publish-flags.ts';
import { registryFlags } from '../../cli/registry-flags.ts';
import { silentProgress } from '../../cli/progress.ts';
import { uploadFolder } from '../../cli/store-folder.ts';
import { storeFlags } from '../../cli/store-flags.ts';
import { wireBuild } from '../../cli/wire-build.ts';
import { wireFleetPlace } from '../../cli/wire-fleet-place.ts';
import { wireIso } from '../../cli/wire-iso.ts';
import type { PlannedBundle } from '../../fleet/plan-fleet.ts';
import { factsText } from '../../fleet/fleet-state.ts';
import { fleetBuildView, fleetBundleView } from '../../views/fleet-build-view.ts';
import { warningView } from '../../views/warning-view.ts';
import { buildFleet } from '../../workflows/fleet-build.ts';
import type { FleetBuildParts, FleetBuildResult } from '../../workflows/fleet-build.ts';
import { loadFleet } from '../../workflows/fleet-files.ts';
import { loadFleetWithBases } from '../../workflows/fleet-publish.ts';
import type { FleetPlace } from '../../workflows/fleet-publish.ts';

/** `palette-edge fleet build` */
export default class FleetBuild extends BaseCommand {
  static override summary =
    'Builds the distinct bundles of a fleet of sites, and deltas from what each site has.';
  static override description = `Builds what fleet plan shows and is not there yet, several bundles at a time, and writes the state file after each. Where the fleet file says publish, each is published there, and bases that are not here are fetched from there. A bundle that fails does not stop the others: the command ends with the exit code 8. Run again, it builds what is missing.`;
  static override examples = [
    {
      description: 'Everything that the sites need for the next release:',
      command: '<%= config.bin %> <%= command.id %> fleet.yaml --parallel 4',
    },
    {
      description: 'One bundle, in a job of its own:',
      command:
        '<%= config.bin %> <%= command.id %> fleet.yaml --only shop-5c1f07aa --keep-state > facts.jsonl',
    },
  ];

  static override args = {
    fleet: Args.string({ description: 'The fleet file.', required: true, ignoreStdin: true }),
  };

  static override flags = {
    ...paletteAccessFlags,
    ...registryFlags,
    ...storeFlags,
    only: Flags.string({
      helpGroup: 'OUTPUT',
      helpValue: 'BUNDLE',
      summary: 'Build only this bundle of the plan.',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    parallel: Flags.integer({
      helpGroup: 'OUTPUT',
      helpValue: 'N',
      summary: 'Bundles that are built at a time.',
      min: 1,
      max: 16,
      default: 2,
    }),
    'keep-state': Flags.boolean({
      helpGroup: 'OUTPUT',
      summary:
        'Leave the state file as it is, and print what it would say of each bundle: fleet collect takes that.',
      default: false,
    }),
  };

  protected override readonly resumeAdvice =
    'Run the same command again: bundles that are complete are kept.';

  async run(): Promise<FleetBuildResult> {
    const { args, flags } = await this.parse(FleetBuild);
    const { publish } = (await loadFleet(args.fleet)).fleet;
    await using place = publish === undefined ? undefined : await this.#place(publish, flags);
    const { only, parallel } = flags;
    const onFetch = (file: string): void => this.tell(`Fetching the base ${file} …`);
    const loaded =
      place === undefined
        ? await loadFleet(args.fleet)
        : await loadFleetWithBases(args.fleet, { only, place, parallel, onFetch }, this.signal);
    for (const warning of loaded.plan.warnings) this.tell(warningView(warning));
    const result = await buildFleet(
      loaded,
      { only, parallel, keepsState: flags['keep-state'] },
      {
        openBuild: async (bundle) => await this.#openBuild(bundle, flags),
        inputOf: async (bundle) => await fleetInput(bundle, args.fleet, this.signal),
        scratch: diskFolder(),
        place,
        onBundle: (bundle) => this.tellNews(fleetBundleView(bundle)),
        signal: this.signal,
      },
    );
    if (flags['keep-state']) this.#showFacts(result);
    else this.show(fleetBuildView(result));
    if (result.bundles.some(({ outcome }) => outcome === 'failed')) this.endWith('incomplete');
    return result;
  }

  async #place(publish: string, flags: PublishReachFlags): Promise<FleetPlace & AsyncDisposable> {
    const userAgent = `${this.config.bin}/${this.config.version}`;
    const progress = { ...silentProgress, tell: (text: string) => this.tell(text) };
    return await wireFleetPlace(publish, {
      flags,
      userAgent,
      uploadFolder: uploadFolder(this.config),
      progress,
    });
  }

  async #openBuild(
    { name }: PlannedBundle,
    flags: Parameters<typeof wireBuild>[0],
  ): Promise<FleetBuildParts> {
    // Of builds side by side the progress of each would be in the way of the others.
    const build = await wireBuild(flags, this.config, (event) => {
      if (event.kind === 'warning') this.tell(`${name}: ${warningView(event.warning)}`);
    });
    const iso = wireIso(silentProgress);
    return {
      resources: { build: build.resources, iso: iso.resources },
      [Symbol.asyncDispose]: async () => {
        await using _build = build;
        await using _iso = iso;
        await Promise.resolve();
      },
    };
  }

  #showFacts({ bundles }: FleetBuildResult): void {
    const facts = factsText(bundles);
    if (facts !== '') this.print(facts);
    for (const { name, failure } of bundles)
      if (failure !== undefined) this.tell(`${name}: ${failure.code}: ${failure.message}`);
  }
}
