import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { serveConfigInput } from '../cli/serve-config-input.ts';
import { serveFlags } from '../cli/serve-flags.ts';
import { serveInput } from '../cli/serve-input.ts';
import { bundleTrust, trustFlags } from '../cli/trust-flags.ts';
import { wireBases } from '../cli/wire-bases.ts';
import { PaletteEdgeError } from '../errors.ts';
import { bugView, errorView } from '../views/error-view.ts';
import { serveConfigView } from '../views/serve-config-view.ts';
import { accessView, servedView, serveView } from '../views/serve-view.ts';
import { warningView } from '../views/warning-view.ts';
import { serveBundles } from '../workflows/serve-bundles.ts';
import type { ServeResult } from '../workflows/serve-bundles.ts';
import { serveConfig } from '../workflows/serve-config.ts';
import type { ServeConfigResult } from '../workflows/serve-config.ts';

/** `palette-edge serve` */
export default class Serve extends BaseCommand {
  static override summary = 'Serves bundles as a read-only registry, without unpacking them.';
  static override description = `Images, charts and their signatures can be pulled under the names that they have in the bundle, with the name of the registry as the first part of the path: HOST:PORT/docker.io/library/nginx:1.27. Without it, too, where only one registry has such a name: HOST:PORT/library/nginx:1.27.

Only what is asked for is decompressed, and all of it is checked: a damaged blob is cut off, and told on standard error.

Ctrl-C ends it, with the exit code 0 when nothing failed. Answers under way get five seconds.`;
  static override examples = [
    {
      description: 'Serve a bundle from a stick:',
      command: '<%= config.bin %> <%= command.id %> /media/stick/core-edge-1a2b3c4d.tar.zst',
    },
    {
      description: 'Serve two bundles to other machines, and show who asks for what:',
      command:
        '<%= config.bin %> <%= command.id %> core.tar.zst apps.tar.zst --listen 0.0.0.0:5080 --access-log',
    },
    {
      description: 'With a certificate that is made now, and for one user:',
      command:
        '<%= config.bin %> <%= command.id %> core.tar.zst --listen 0.0.0.0:5080 --tls-self-signed --username edge',
    },
    {
      description: 'Let the containerd of a node pull from here under the original names:',
      command:
        '<%= config.bin %> <%= command.id %> core.tar.zst --advertise http://10.0.0.5:5080 --print-config containerd --config-folder node',
    },
  ];

  static override args = {
    bundle: Args.string({
      description: 'Bundles, or folders and ISO images of them.',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };

  static override flags = { ...serveFlags, ...trustFlags };

  async run(): Promise<ServeResult | ServeConfigResult> {
    const { args, flags } = await this.parse(Serve);
    const trust = await bundleTrust(flags);
    const client = flags['print-config'];
    using progress = this.progress();
    await using wiring = await wireBases(flags, { config: this.config, progress });
    const { bases } = wiring;
    if (client !== undefined) {
      const wanted = await serveConfigInput({ paths: args.bundle, client }, flags, this.signal);
      const config = await serveConfig({ ...wanted, bases, trust }, this.signal);
      this.print(serveConfigView(config));
      return config;
    }
    const input = { ...(await serveInput(args.bundle, flags, this.signal)), bases, trust };
    const result = await serveBundles(
      input,
      {
        onStart: (serving) => {
          for (const warning of serving.warnings) this.tell(warningView(warning));
          this.show(serveView(serving));
        },
        onRequest: (record) => {
          if (flags['access-log'] || flags.verbose) this.tell(accessView(record));
        },
        onFailure: (error) => this.#tellFailure(error),
        onStop: () => this.tellNews('Stopping …'),
      },
      this.signal,
    );
    this.tellNews(servedView(result));
    return result;
  }

  /** Others are still served; that not all went well is told by the exit code at the end. */
  #tellFailure(error: unknown): void {
    const isKnown = error instanceof PaletteEdgeError;
    this.endWith(isKnown ? error.kind : 'failure');
    this.tell(isKnown ? errorView(error) : bugView(error));
  }
}
