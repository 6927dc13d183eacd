import { Flags } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { buildListener } from '../cli/build-listener.ts';
import { requirePath } from '../cli/output-path.ts';
import { packagedText } from '../cli/packaged-text.ts';
import { verifyListener } from '../cli/verify-listener.ts';
import { wireDemo } from '../cli/wire-demo.ts';
import { demoView } from '../views/demo-view.ts';
import { removeDemoFolder } from '../workflows/demo-folder.ts';
import { runDemo } from '../workflows/run-demo.ts';
import type { DemoResult } from '../workflows/run-demo.ts';

/** `palette-edge demo` */
export default class Demo extends BaseCommand {
  static override summary =
    'Shows the main job at work: a registry on loopback, sample images, a verified bundle.';
  static override description = `Needs no network, no registry and no other program. Everything it makes is in one folder, which --remove removes.`;
  static override examples = [
    { description: 'Run it:', command: '<%= config.bin %> <%= command.id %>' },
    { description: 'Remove what it made:', command: '<%= config.bin %> <%= command.id %> --remove' },
  ];

  static override flags = {
    dir: Flags.string({
      helpValue: 'FOLDER',
      summary: 'The folder of the demo.',
      default: 'palette-edge-demo',
    }),
    remove: Flags.boolean({ summary: 'Remove the folder of an earlier demo.', default: false }),
  };

  async run(): Promise<DemoResult | { readonly removed: boolean }> {
    const { flags } = await this.parse(Demo);
    const folder = requirePath(flags.dir, '--dir FOLDER');
    if (flags.remove) {
      const removed = await removeDemoFolder(folder);
      this.show(removed ? `Removed ${folder}` : `There is no ${folder}`);
      return { removed };
    }
    using progress = this.progress();
    const resources = wireDemo(folder, this.config, {
      build: buildListener(progress, false),
      verify: verifyListener(progress),
      onRegistry: (host) => progress.tell(`A registry with sample images listens on ${host}`),
    });
    const { root } = this.config;
    const profiles = new Map([
      ['edge-infra.yaml', await packagedText(root, 'fixtures/demo/edge-infra.yaml')],
      ['shop-addon.yaml', await packagedText(root, 'fixtures/demo/shop-addon.yaml')],
    ]);
    const result = await runDemo({ folder, profiles }, resources, this.signal);
    progress.close();
    this.show(demoView(result, this.commandLine));
    return result;
  }
}
