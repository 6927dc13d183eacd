import type {
  CommandLineShape,
  CompletionCommand,
  CompletionFlag,
  CompletionValue,
} from './completion-commands.ts';

/**
 * The completion script for fish, 3.0 or newer: `palette-edge completion fish | source`. It starts no other program: all names
 * are in it.
 */
export function fishCompletion({ bin, commands, topics }: CommandLineShape): string {
  const test = `__${bin.replaceAll('-', '_')}_is`;
  const rule = (names: readonly string[], rest: string): string =>
    `complete -c ${bin} -n ${quoted(`${test} ${names.map((name) => `"${name}"`).join(' ')}`)} ${rest}`;
  const begins = [...commands.filter(({ name }) => !name.includes(' ')), ...topics];
  return [
    `# ${bin}: completion for fish, printed by: ${bin} completion fish`,
    '',
    `function ${test} --description 'Whether one of these commands is being typed'`,
    '    set -l words (commandline -opc)',
    '    set -e words[1]',
    '    set -l command "$words[1]"',
    `    if contains -- "$command" ${topics.map(({ name }) => name).join(' ')}`,
    '        set command (string join " " -- $words[1..2])',
    '    end',
    '    contains -- "$command" $argv',
    'end',
    '',
    `complete -c ${bin} -e`,
    `complete -c ${bin} -f`,
    ...begins.map(({ name, summary }) => rule([''], `-a ${name} -d ${quoted(summary)}`)),
    rule([''], "-l version -d 'Show the version'"),
    rule(['', ...topics.map(({ name }) => name)], "-l help -d 'Show help'"),
    ...commands
      .filter(({ name }) => name.includes(' '))
      .map(({ name, summary }) => {
        const [topic = '', word = ''] = name.split(' ');
        return rule([topic], `-a ${word} -d ${quoted(summary)}`);
      }),
    ...[...flagRules(commands)].map(([rest, names]) => rule(names, rest)),
    ...[...argumentRules(commands)].map(([rest, names]) => rule(names, rest)),
  ].join('\n');
}

/** Most flags are the same in several commands: one rule for all of them. */
function flagRules(commands: readonly CompletionCommand[]): Map<string, string[]> {
  return byRule(commands, ({ flags }) => flags.map((flag) => flagRule(flag)));
}

function argumentRules(commands: readonly CompletionCommand[]): Map<string, string[]> {
  return byRule(commands, ({ argument }) => (argument === undefined ? [] : [valueRule(argument)]));
}

function byRule(
  commands: readonly CompletionCommand[],
  rulesOf: (command: CompletionCommand) => readonly string[],
): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const command of commands) {
    for (const rule of rulesOf(command)) {
      if (rule !== '') names.set(rule, [...(names.get(rule) ?? []), command.name]);
    }
  }
  return names;
}

function flagRule({ name, char, summary, value }: CompletionFlag): string {
  const words = [`-l ${name}`, ...(char === undefined ? [] : [`-s ${char}`])];
  const taken = value === undefined ? [] : ['-r', valueRule(value) || '-f'];
  return [...words, ...taken, `-d ${quoted(summary)}`].join(' ');
}

/** Empty when nothing is known of it. */
function valueRule({ words, paths }: CompletionValue): string {
  const folders = paths === 'folders' ? ['(__fish_complete_directories (commandline -ct))'] : [];
  const choices = [...words, ...folders];
  const listed = choices.length === 0 ? [] : [`-f -a ${quoted(choices.join(' '))}`];
  return [...listed, ...(paths === 'files' ? ['-F'] : [])].join(' ');
}

/** In fish's single quotes only `\` and `'` are special. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
