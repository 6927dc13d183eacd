import type { Hook, Interfaces } from '@oclif/core';

import { exitCodes, PaletteEdgeError } from '../errors.ts';
import { isMisspelling } from '../profile/edit-distance.ts';
import { errorJson, errorView } from '../views/error-view.ts';
import PaletteEdgeHelp from './help.ts';
import { terminalText } from './terminal-text.ts';
import { columnsOf, wrapText } from './wrap-text.ts';

/** oclif's hook for words that are no command. They are taken as they were typed: oclif joins them with colons. */
const commandNotFound: Hook.CommandNotFound = async ({ config }) => {
  if (process.argv[2] === 'help') {
    await showHelpBehind(config);
    return;
  }
  const words = process.argv.slice(2);
  const hidden = new Set(config.commands.flatMap(({ hiddenAliases }) => hiddenAliases));
  const commands = commandNames(config.commandIDs);
  const listed = commands.filter((name) => !hidden.has(name));
  const error = commandError(words, { bin: config.bin, commands, listed });
  process.exitCode = exitCodes.usage;
  if (isJsonWanted(words))
    process.stdout.write(`${JSON.stringify(errorJson(error, exitCodes.usage), null, 2)}\n`);
  else process.stderr.write(`${shownError(error)}\n`);
  await Promise.resolve();
};

export default commandNotFound;

/** `help build` is `build --help`, as in other tools. The word goes: what is no command behind it leads here again. */
async function showHelpBehind(config: Interfaces.Config): Promise<void> {
  while (process.argv[2] === 'help') process.argv.splice(2, 1);
  const { oclif } = config.pjson;
  await new PaletteEdgeHelp(config, oclif.helpOptions).showHelp(process.argv.slice(2));
}

function shownError(error: PaletteEdgeError): string {
  const columns = columnsOf(process.stderr);
  const text = terminalText(errorView(error));
  return columns === undefined ? text : wrapText(text, columns);
}

/** As they are typed: `usb write`. */
function commandNames(ids: readonly string[]): string[] {
  return ids.map((id) => id.replaceAll(':', ' ')).toSorted();
}

interface CommandLine {
  readonly bin: string;
  readonly commands: readonly string[];
  /** Those that the help lists: without other names of the same command. */
  readonly listed: readonly string[];
}

/** What is wrong with a command line that names no command, or gives words to one that takes none. */
function commandError(words: readonly string[], { bin, commands, listed }: CommandLine): PaletteEdgeError {
  const [first = ''] = words;
  const known = [`The commands are ${listed.join(', ')}.`, `See the help: ${bin} --help`];
  const command = commands.findLast((name) => `${words.join(' ')} `.startsWith(`${name} `));
  if (command !== undefined) {
    const word = words[command.split(' ').length] ?? '';
    return usage(`${command} takes no argument ${shown(word)}`, [
      ...sourceFlags(word, `${bin} ${command}`),
      `See the help: ${bin} ${command} --help`,
    ]);
  }
  if (first.startsWith('-')) {
    const meant = words.find((word) => commands.includes(word)) ?? 'COMMAND';
    return usage(`there is no command before ${shown(first)}`, [
      `Write the command first: ${bin} ${meant} ${shown(first)}`,
      ...known,
    ]);
  }
  const isTopic = commands.some((name) => name.startsWith(`${first} `));
  const typed = words.slice(0, isTopic ? 2 : 1).join(' ');
  const nearest = commands.find((name) => isMisspelling(typed, name));
  const guess = nearest === undefined ? [] : [`Did you mean this? ${bin} ${nearest}`];
  return usage(`${bin} has no command ${shown(typed)}`, [...guess, ...known]);
}

/** A word behind `build` or `resolve` is a profile, most likely, or an image. */
function sourceFlags(word: string, command: string): string[] {
  if (!/ (?:build|resolve)$/.test(command)) return [];
  const value = /^[\w./:@-]+$/.test(word) ? word : undefined;
  return [
    `For a profile: ${command} --profile ${value ?? 'FILE'}`,
    `For an image: ${command} --image ${value ?? 'REF'}`,
  ];
}

/** Without what stands behind an equals sign: it may be a secret. */
function shown(word: string): string {
  return word.replace(/=.*$/s, '=…');
}

function isJsonWanted(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? undefined : end).includes('--json');
}

function usage(message: string, suggestions: readonly string[]): PaletteEdgeError {
  return new PaletteEdgeError('USAGE', message, { kind: 'usage', suggestions });
}
