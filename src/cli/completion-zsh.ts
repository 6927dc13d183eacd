import type {
  CommandLineShape,
  CompletionCommand,
  CompletionFlag,
  CompletionValue,
} from './completion-commands.ts';

/**
 * The completion script for zsh: a file `_palette-edge` in `$fpath`, or `source <(palette-edge completion zsh)` behind compinit.
 * It starts no other program: all names are in it.
 */
export function zshCompletion({ bin, commands, topics }: CommandLineShape): string {
  const words = [...commands.filter(({ name }) => !name.includes(' ')), ...topics];
  return [
    `#compdef ${bin}`,
    `# ${bin}: completion for zsh, printed by: ${bin} completion zsh`,
    '',
    `_${bin}_words_or_folders() {`,
    '  _alternative "values:value:($*)" "folders:folder:_files -/"',
    '}',
    '',
    `_${bin}() {`,
    '  local curcontext=$curcontext command=$words[2]',
    '  local -a names',
    '  integer skipped=1',
    '  if ((CURRENT == 2)); then',
    `    names=(${words.map((word) => described(word.name, word.summary)).join('\n      ')})`,
    "    _describe -t commands command names -- || _arguments '--help[Show help]' '--version[Show the version]'",
    '    return',
    '  fi',
    '  case $command in',
    ...topics.map(({ name }) => topicCase(name, commands)),
    '  esac',
    '  # Arguments are counted from the command on.',
    '  shift skipped words',
    '  ((CURRENT -= skipped))',
    '  case $command in',
    ...commands.map((command) => commandCase(bin, command)),
    '  esac',
    '}',
    '',
    '# Loaded by compinit on the first use, or sourced.',
    `if [[ $funcstack[1] == _${bin} ]]; then`,
    `  _${bin} "$@"`,
    'else',
    `  compdef _${bin} ${bin}`,
    'fi',
  ].join('\n');
}

function topicCase(topic: string, commands: readonly CompletionCommand[]): string {
  const names = commands
    .filter(({ name }) => name.startsWith(`${topic} `))
    .map(({ name, summary }) => described(name.slice(topic.length + 1), summary));
  return `    ${topic})
      if ((CURRENT == 3)); then
        names=(${names.join('\n          ')})
        _describe -t commands command names
        return
      fi
      command+=" $words[3]"
      skipped=2
      ;;`;
}

function commandCase(bin: string, { name, flags, argument }: CompletionCommand): string {
  const specs = [
    ...flags.map((flag) => flagSpec(bin, flag)),
    ...(argument === undefined ? [] : [`'*${valueSpec(bin, argument)}'`]),
  ];
  return `    ${singleQuoted(name)})\n      _arguments -S -s : \\\n        ${specs.join(' \\\n        ')}\n      ;;`;
}

/** `_arguments` takes `--name=` with its value behind the equals sign, or as the next word; `-o+` likewise. */
function flagSpec(bin: string, { name, char, summary, isRepeatable, value }: CompletionFlag): string {
  const star = isRepeatable ? '*' : '';
  const rest = singleQuoted(`[${escaped(summary, /[[\]\\]/g)}]`) + quotedValue(bin, value);
  const long = value === undefined ? `--${name}` : `--${name}=`;
  if (char === undefined) return `'${star}${long}'${rest}`;
  const short = value === undefined ? `-${char}` : `-${char}+`;
  return isRepeatable ? `'*'{${short},${long}}${rest}` : `'(-${char} --${name})'{${short},${long}}${rest}`;
}

function quotedValue(bin: string, value: CompletionValue | undefined): string {
  return value === undefined ? '' : `'${valueSpec(bin, value)}'`;
}

/** A message and an action. A space before the action keeps `_arguments` from giving it more than it is written with. */
function valueSpec(bin: string, { name, words, paths }: CompletionValue): string {
  return `:${escaped(name, /[:\\]/g)}:${action(bin, words, paths)}`;
}

function action(bin: string, words: readonly string[], paths: CompletionValue['paths']): string {
  if (words.length > 0) {
    return paths === 'none' ? `(${words.join(' ')})` : ` _${bin}_words_or_folders ${words.join(' ')}`;
  }
  return { files: '_files', folders: '_files -/', none: ' ' }[paths];
}

/** An entry of `_describe`. */
function described(name: string, summary: string): string {
  return singleQuoted(`${name}:${escaped(summary, /[:\\]/g)}`);
}

function escaped(text: string, special: RegExp): string {
  return text.replaceAll(special, String.raw`\$&`);
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
