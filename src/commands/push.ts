import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { baseRequest } from '../cli/base-flags.ts';
import { diskFolder } from '../cli/disk-folder.ts';
import { pushFlags, pushInput } from '../cli/push-flags.ts';
import { pushListener } from '../cli/push-listener.ts';
import { uploadFolder } from '../cli/store-folder.ts';
import { bundleTrust, trustFlags } from '../cli/trust-flags.ts';
import { registryBases } from '../cli/wire-bases.ts';
import { wireRegistry } from '../cli/wire-registry.ts';
import { pushView } from '../views/push-view.ts';
import { pushBundles } from '../workflows/push-bundles.ts';
import type { PushResult } from '../workflows/push-result.ts';

/** Of layers that are sent in parts, in bytes: one that is larger is kept as long as it is sent. */
const restoredSpace = 4 * 1024 ** 3;

/** `palette-edge push` */
export default class Push extends BaseCommand {
  static override summary = 'Pushes what bundles hold to a registry, without unpacking them.';
  static override description = `docker.io/library/nginx:1.27 becomes REGISTRY/PREFIX/library/nginx:1.27. Digests stay. Charts, signatures and other referrers go along.

What is there already is not sent. After an interruption run the same command again: it sends what is missing. When some images fail the others are pushed, and the exit code is 8.

It is also called deploy.`;
  static override examples = [
    {
      description: 'Push a bundle to the registry of a site, into the project edge:',
      command: '<%= config.bin %> <%= command.id %> core-edge-1a2b3c4d.tar.zst registry.site:5000/edge',
    },
    {
      description: 'See what would be sent:',
      command:
        '<%= config.bin %> <%= command.id %> core.tar.zst apps.tar.zst registry.site:5000 --keep-registry --dry-run',
    },
  ];

  static override usage = '<%= command.id %> BUNDLE... REGISTRY[/PREFIX]';
  /** What it was called in the old command line. */
  static override hiddenAliases = ['deploy'];

  static override args = {
    names: Args.string({
      description: 'Bundles, or folders and ISO images of them, and the registry last: HOST[:PORT][/PREFIX].',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };

  static override flags = { ...pushFlags, ...trustFlags };

  protected override readonly resumeAdvice =
    'Run the same command again: what was pushed so far is not sent again.';

  async run(): Promise<PushResult> {
    const { args, flags } = await this.parse(Push);
    const input = { ...pushInput(args.names, flags), trust: await bundleTrust(flags) };
    using progress = this.progress();
    await using wiring = await wireRegistry(
      { ...flags, mirror: [] },
      `${this.config.bin}/${this.config.version}`,
      uploadFolder(this.config),
    );
    const listener = pushListener(progress, input.isDryRun);
    const client = wiring.createRegistryClient((retry) => listener({ kind: 'retry', retry }));
    const places = registryBases(flags['base-registry'], client, input.naming.mappings);
    const result = await pushBundles(
      { ...input, bases: baseRequest(flags, places) },
      {
        createPusher: wiring.createPusher,
        restored: { folder: diskFolder(), limit: restoredSpace },
        concurrency: flags.concurrency,
        listener,
        now: () => performance.now(),
      },
      this.signal,
    );
    progress.close();
    this.show(pushView(result));
    if (result.failures.length > 0) this.endWith('incomplete');
    return result;
  }
}
