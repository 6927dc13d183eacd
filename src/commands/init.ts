import { BaseCommand } from '../cli/base-command.ts';
import { initAnswers } from '../cli/init-answers.ts';
import { initFlags } from '../cli/init-flags.ts';
import { askReplace, atTerminal } from '../cli/init-questions.ts';
import type { Asked } from '../cli/init-questions.ts';
import { initView } from '../views/init-view.ts';
import { configTaken, isThere, writeConfig } from '../workflows/write-config.ts';
import type { WrittenConfig } from '../workflows/write-config.ts';

const path = 'palette-edge.yaml';

/** `palette-edge init` */
export default class Init extends BaseCommand {
  static override summary = 'Asks what is bundled and how it gets to the site, and writes palette-edge.yaml.';
  static override description = `Every command that runs in the same folder then has these answers as its flags; what is typed wins. It asks at a terminal only, for what no flag answers, and reads no config file itself. A palette-edge.yaml that is there is replaced with --force, or when you say so.

When it is done it prints the commands that come next.`;
  static override examples = [
    { description: 'Be asked:', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'In a script, a bundle in parts for FAT32:',
      command: '<%= config.bin %> <%= command.id %> --profile infra.json --arch amd64 --media fat32 --yes',
    },
    {
      description: 'Profiles of Palette, for the registry of a site:',
      command:
        '<%= config.bin %> <%= command.id %> --cluster-profile-ids 65c1f0a2d1e4b2a6f0c9d111 --registry registry.site:5000/edge',
    },
  ];

  static override flags = initFlags;

  protected override readonly resumeAdvice = 'Nothing was written. Run the same command again.';

  async run(): Promise<WrittenConfig> {
    // What it is to write cannot be what it reads; `--config` that was typed is told that it does not fit.
    const { flags } = await this.parse(Init, ['--no-config', ...this.argv]);
    const { signal } = this;
    const person = { tell: (text: string) => this.tell(text), signal };
    const asked = flags.yes || this.jsonEnabled() ? undefined : atTerminal(person);
    const replaces = flags.force || (await this.#agrees(asked));
    const answers = await initAnswers(flags, { asked, takesDefaults: flags.yes, signal });
    const result = await writeConfig(answers, { path, replaces });
    this.show(initView(result, this.commandLine));
    return result;
  }

  /** Asked before all else: nobody wants to hear of it after the last answer. */
  async #agrees(asked: Asked | undefined): Promise<boolean> {
    if (!(await isThere(path))) return false;
    if (asked === undefined || !(await askReplace(path, asked))) throw configTaken(path);
    return true;
  }
}
