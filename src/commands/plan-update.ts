import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { buildListener } from '../cli/build-listener.ts';
import { buildDefinitionFlags, definableInput, namedDefinition } from '../cli/definition-flags.ts';
import { discoveryFlags, discoverySources } from '../cli/discovery-flags.ts';
import { imageSourceFlags } from '../cli/image-source-flags.ts';
import { clusterDefinitionFlags, clusterDefinitionRequest, paletteFlags } from '../cli/palette-flags.ts';
import { platformFlags } from '../cli/platform-flags.ts';
import { registryFlags } from '../cli/registry-flags.ts';
import { contentFlags, scopeFlags } from '../cli/scope-flags.ts';
import { bundleInput } from '../cli/standard-input.ts';
import { storeFlags } from '../cli/store-flags.ts';
import { bundleTrust, oneBundleTrustFlags } from '../cli/trust-flags.ts';
import { wireBuild } from '../cli/wire-build.ts';
import { typedKeyWarnings } from '../cli/wire-palette.ts';
import { planUpdateView } from '../views/plan-update-view.ts';
import { warningView } from '../views/warning-view.ts';
import { planUpdate } from '../workflows/plan-update.ts';
import type { UpdatePlan } from '../workflows/plan-update.ts';

/** `palette-edge plan-update` */
export default class PlanUpdate extends BaseCommand {
  static override summary = 'Shows what an update would change at a site, and how much has to be carried.';
  static override description = `Takes what build takes, and what the site has: a bundle or its inventory. Manifests are pulled, layers are not.

To ship is what build --base would put into the delta bundle before squeezing and patches make it smaller: exact, to the byte. Of several images that share a layer each is shown with all of it; the totals have it once.`;
  static override examples = [
    {
      description: 'What the new version of a profile means for a site:',
      command: '<%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst --profile infra-2.json',
    },
    {
      description: 'With the inventory alone, which is a few kilobytes:',
      command: '<%= config.bin %> <%= command.id %> inventory.json --profile infra-2.json --json',
    },
    {
      description: 'Whether there is anything to bring, in a script:',
      command:
        '<%= config.bin %> <%= command.id %> edge.tar.zst --definition bundle-definition.yaml --exit-code',
    },
  ];

  static override args = {
    old: Args.string({
      description:
        'What the site has: a bundle, its parts list or any part, an ISO image, an inventory (.json), or - for a bundle from standard input.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...imageSourceFlags,
    ...discoveryFlags,
    ...paletteFlags,
    ...clusterDefinitionFlags,
    ...buildDefinitionFlags,
    ...scopeFlags,
    ...contentFlags,
    ...platformFlags,
    ...registryFlags,
    'include-referrers': Flags.boolean({
      helpGroup: 'INPUT',
      summary: 'As in build: signatures, attestations, SBOMs and other referrers of the images, too.',
      default: false,
    }),
    ...storeFlags,
    ...oneBundleTrustFlags,
    outfile: Flags.string({
      helpGroup: 'OUTPUT',
      helpValue: 'NAME',
      summary: 'As in build: the name of the bundle. It is a part of its id.',
      defaultHelp: async () => await Promise.resolve('the name of the profile'),
    }),
    'exit-code': Flags.boolean({
      helpGroup: 'OUTPUT',
      summary: 'End with the exit code 9 when something would change.',
      default: false,
    }),
  };

  async run(): Promise<UpdatePlan> {
    const { args, flags } = await this.parse(PlanUpdate);
    for (const warning of typedKeyWarnings(this.argv)) this.tell(warningView(warning));
    const definable = definableInput(flags, { definition: await namedDefinition(flags.definition) });
    const build = {
      ...definable,
      sources: { ...definable.sources, ...discoverySources(flags) },
      clusterDefinition: clusterDefinitionRequest(flags),
      includeReferrers: flags['include-referrers'],
    };
    using old = bundleInput(args.old, this.signal, { trust: await bundleTrust(flags) });
    using progress = this.progress();
    await using wiring = await wireBuild(flags, this.config, buildListener(progress, true));
    const plan = await planUpdate({ old, build }, wiring.resources, this.signal);
    progress.close();
    this.show(planUpdateView(plan));
    if (flags['exit-code'] && !plan.isSame) this.endWith('differences');
    return plan;
  }
}
