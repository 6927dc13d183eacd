import type {
  CommandLineShape,
  CompletionCommand,
  CompletionFlag,
  CompletionValue,
} from './completion-commands.ts';

/**
 * The completion script for bash, 3.2 or newer: `source <(palette-edge completion bash)`. It needs no other program and starts
 * none: all names are in it.
 */
export function bashCompletion({ bin, commands, topics }: CommandLineShape): string {
  const name = `_${bin.replaceAll('-', '_')}`;
  const first = [...new Set(commands.map((command) => command.name.split(' ', 1)[0] ?? ''))];
  return [
    `# ${bin}: completion for bash, printed by: ${bin} completion bash`,
    helperFunctions(name),
    `${name}() {`,
    currentWord,
    '  if ((COMP_CWORD == 1)); then',
    `    ${name}_words ${quoted([...first, '--help', '--version'])}`,
    '    return',
    '  fi',
    '  case $command in',
    ...topics.map((topic) => topicCase(name, topic.name, commands)),
    '  esac',
    '  case $command in',
    ...commands.map((command) => commandCase(name, command)),
    '    *) return ;;',
    '  esac',
    '  if [[ $cur == -* && $prev != -- ]]; then',
    `    ${name}_words "$flags"`,
    '  fi',
    '}',
    '',
    `complete -F ${name} ${bin}`,
  ].join('\n');
}

/** Outside of readline, which completes paths itself, and in bash 3, compopt fails: then paths are listed here. */
function helperFunctions(name: string): string {
  return `
${name}_words() {
  local IFS=$' \\t\\n'
  COMPREPLY+=($(compgen -W "$1" -- "$cur"))
}

${name}_files() {
  compopt -o default 2>/dev/null && return
  local IFS=$'\\n'
  COMPREPLY+=($(compgen -f -- "$cur"))
}

${name}_folders() {
  compopt -o dirnames 2>/dev/null && return
  local IFS=$'\\n'
  COMPREPLY+=($(compgen -d -- "$cur"))
}
`;
}

/** bash cuts words at `=` and `:`, so `--arch=amd64` comes as three words. */
const currentWord = `  local cur=\${COMP_WORDS[COMP_CWORD]} prev='' command=\${COMP_WORDS[1]} flags=''
  local -i at=COMP_CWORD
  COMPREPLY=()
  if [[ $cur == = ]]; then
    cur=''
  elif ((at > 1)) && [[ \${COMP_WORDS[at - 1]} == = ]]; then
    at=at-1
  fi
  if ((at > 1)); then prev=\${COMP_WORDS[at - 1]}; fi
  # A value like NAME=VALUE: the flag stands before the name.
  if ((at < COMP_CWORD)) && [[ $prev != -* ]]; then prev=\${COMP_WORDS[at - 2]}; fi`;

function topicCase(name: string, topic: string, commands: readonly CompletionCommand[]): string {
  const words = commands
    .filter((command) => command.name.startsWith(`${topic} `))
    .map((command) => command.name.slice(topic.length + 1));
  return `    ${topic})
      if ((COMP_CWORD == 2)); then
        ${name}_words ${quoted([...words, '--help'])}
        return
      fi
      command+=" \${COMP_WORDS[2]}"
      ;;`;
}

function commandCase(name: string, { name: command, flags, argument }: CompletionCommand): string {
  const names = flags.flatMap((flag) => dashed(flag));
  const valued = Map.groupBy(
    flags.filter((flag) => flag.value !== undefined),
    ({ value }) => actionOf(name, value),
  );
  const cases = [...valued].map(
    ([action, those]) =>
      `        ${those.flatMap((flag) => dashed(flag)).join(' | ')}) ${action}${action === '' ? '' : '; '}return ;;`,
  );
  const action = actionOf(name, argument);
  return [
    `    '${command}')`,
    `      flags=${quoted(names)}`,
    ...(cases.length === 0 ? [] : ['      case $prev in', ...cases, '      esac']),
    ...(action === '' ? [] : [`      [[ $cur == -* && $prev != -- ]] || { ${action}; }`]),
    '      ;;',
  ].join('\n');
}

function dashed({ name, char }: CompletionFlag): string[] {
  return [`--${name}`, ...(char === undefined ? [] : [`-${char}`])];
}

/** The commands that complete a value; empty when nothing is known of it. */
function actionOf(name: string, value: CompletionValue | undefined): string {
  if (value === undefined) return '';
  const words = value.words.length === 0 ? [] : [`${name}_words ${quoted(value.words)}`];
  const paths = value.paths === 'none' ? [] : [`${name}_${value.paths}`];
  return [...words, ...paths].join('; ');
}

/** Names of flags and their fixed values have no quotes in them. */
function quoted(words: readonly string[]): string {
  return `'${words.join(' ')}'`;
}
