import { Args } from '@oclif/core';

import { BaseCommand } from '../cli/base-command.ts';
import { bashCompletion } from '../cli/completion-bash.ts';
import { commandLineShape } from '../cli/completion-commands.ts';
import { fishCompletion } from '../cli/completion-fish.ts';
import { zshCompletion } from '../cli/completion-zsh.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };
const shells = ['bash', 'zsh', 'fish'] as const;

interface CompletionResult {
  readonly shell: (typeof shells)[number];
  readonly script: string;
}

/** `palette-edge completion` */
export default class Completion extends BaseCommand {
  static override summary = 'Prints what makes a shell complete commands, flags and their values.';
  static override description = `For bash, zsh and fish. All names are in the script: it starts no other program, so completion is instant, and it is printed anew after an update. How each shell loads it: docs/completion.md.`;
  static override examples = [
    {
      description: 'bash, in ~/.bashrc:',
      command: 'source <(<%= config.bin %> <%= command.id %> bash)',
    },
    {
      description: 'zsh, in ~/.zshrc behind compinit:',
      command: 'source <(<%= config.bin %> <%= command.id %> zsh)',
    },
    {
      description: 'fish, once:',
      command: '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    },
  ];

  static override args = {
    shell: Args.option({ options: shells })({ description: 'The shell.', required: true }),
  };

  async run(): Promise<CompletionResult> {
    const { args } = await this.parse(Completion);
    const { bin, commands, topics } = this.config;
    const script = scripts[args.shell](commandLineShape(bin, commands, topics));
    this.print(script);
    return { shell: args.shell, script };
  }
}
