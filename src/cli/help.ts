import { stripVTControlCharacters } from 'node:util';

import { CommandHelp, Help } from '@oclif/core';
import type { Command } from '@oclif/core';

import { exitCodeMeanings, exitCodes } from '../errors.ts';
import { environmentName } from './environment-name.ts';
import { watchStandardStreams } from './stream-errors.ts';
import { wrapText } from './wrap-text.ts';

/** Help of a command with its exit codes at the end. */
class CommandHelpWithExitCodes extends CommandHelp {
  /** With the environment variable of every flag. An empty list is no default worth showing. */
  protected override flags(flags: Command.Flag.Any[]): ReturnType<CommandHelp['flags']> {
    return super.flags(
      flags.map((flag) => {
        const env = environmentName(flag);
        const isEmptyList = Array.isArray(flag.default) && flag.default.length === 0;
        return isEmptyList ? { ...flag, env, default: undefined } : { ...flag, env };
      }),
    );
  }

  /** Without the space that oclif leaves behind the value of a flag that needs another one: `[-o FILE ]`. */
  protected override usage(): string {
    return super.usage().replaceAll(/\s+\]/g, ']');
  }

  /** Below each other where side by side would break a word: the name of a variable is there to be copied. */
  override renderList(...[input, options]: Parameters<CommandHelp['renderList']>): string {
    const widths = input.map(([left]) => stripVTControlCharacters(left ?? '').length);
    const room = this.opts.maxWidth - options.indentation - Math.max(0, ...widths) - 2;
    const words = input.flatMap(([, right]) => stripVTControlCharacters(right ?? '').split(/\s/));
    const isTooNarrow = words.some((word) => word.length > room);
    return super.renderList(input, isTooNarrow ? { ...options, multiline: true } : options);
  }

  override generate(): string {
    const meanings: Readonly<Record<string, string>> = exitCodeMeanings;
    const rows = Object.entries(exitCodes).map(([kind, code]): [string, string | undefined] => [
      String(code),
      meanings[kind],
    ]);
    return `${super.generate()}\n\n${this.section('EXIT CODES', rows)}`;
  }
}

/** The help of `palette-edge`, used by oclif. */
export default class PaletteEdgeHelp extends Help {
  protected override CommandHelpClass = CommandHelpWithExitCodes;

  /**
   * The help of the command or topic that comes first, whatever follows: oclif would look for a command of all the words. A command may
   * have several: `usb write`.
   */
  override async showHelp(argv: string[]): Promise<void> {
    watchStandardStreams();
    const [first = ''] = argv;
    const id = this.#idAtStart(argv);
    if (id !== undefined) await super.showHelp([id]);
    else if (first === '' || first.startsWith('-')) await super.showHelp(argv);
    else await this.config.runHook('command_not_found', { id: first, argv: argv.slice(1) });
  }

  /** With its first line, which oclif leaves as long as it is, broken between words. */
  override formatRoot(): string {
    return wrapText(super.formatRoot(), this.opts.maxWidth);
  }

  #idAtStart(argv: readonly string[]): string | undefined {
    return argv
      .map((_, index) => argv.slice(0, index + 1).join(':'))
      .findLast((id) => this.config.findCommand(id) !== undefined || this.config.findTopic(id) !== undefined);
  }

  protected override getCommandHelpClass(command: Command.Loadable): CommandHelp {
    return new CommandHelpWithExitCodes(command, this.config, this.opts);
  }
}
