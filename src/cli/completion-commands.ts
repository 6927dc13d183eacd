/** What may stand where a value is expected. Neither words nor paths: nothing is known of it. */
export interface CompletionValue {
  /** What it is called in help: `FILE`. */
  readonly name: string;
  readonly words: readonly string[];
  readonly paths: 'none' | 'files' | 'folders';
}

/** A flag as shells complete it. */
export interface CompletionFlag {
  /** Without dashes. */
  readonly name: string;
  /** One letter, without its dash. */
  readonly char: string | undefined;
  /** One line. */
  readonly summary: string;
  readonly isRepeatable: boolean;
  /** Undefined for a switch. */
  readonly value: CompletionValue | undefined;
}

/** A command as shells complete it. */
export interface CompletionCommand {
  /** As it is typed: `usb write`. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly flags: readonly CompletionFlag[];
  /** What may stand in all its arguments together. */
  readonly argument: CompletionValue | undefined;
}

/** A word that several commands begin with: `usb`. */
interface CompletionTopic {
  readonly name: string;
  readonly summary: string;
}

/** All that completion knows of the command line. */
export interface CommandLineShape {
  readonly bin: string;
  /** In the order of names, like their flags. */
  readonly commands: readonly CompletionCommand[];
  readonly topics: readonly CompletionTopic[];
}

interface Described {
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly hidden?: boolean | undefined;
}

interface DescribedFlag extends Described {
  readonly name: string;
  readonly char?: string | undefined;
  readonly type: 'boolean' | 'option';
  readonly multiple?: boolean | undefined;
  readonly helpValue?: string | readonly string[] | undefined;
  readonly options?: readonly string[] | undefined;
}

interface DescribedArgument extends Described {
  readonly name: string;
  readonly options?: readonly string[] | undefined;
}

/** A command as oclif and its manifest describe it. */
export interface DescribedCommand extends Described {
  readonly id: string;
  readonly flags: Readonly<Record<string, DescribedFlag>>;
  readonly args: Readonly<Record<string, DescribedArgument>>;
}

interface DescribedTopic {
  readonly name: string;
  readonly description?: string | undefined;
  readonly hidden?: boolean | undefined;
}

/** Arguments that are not paths: they name a registry. All others are files, most of them bundles. */
const pathlessArguments: ReadonlySet<string> = new Set(['host', 'registries']);

const fileWords: ReadonlySet<string> = new Set(['FILE', 'BUNDLE', 'PATH', 'SOCKET']);
const folderWords: ReadonlySet<string> = new Set(['DIR', 'FOLDER']);

const helpFlag: CompletionFlag = {
  name: 'help',
  char: undefined,
  summary: 'Show the help of this command',
  isRepeatable: false,
  value: undefined,
};

/** What shells complete, taken from what oclif knows of the commands. Hidden commands and flags are left out. */
export function commandLineShape(
  bin: string,
  commands: readonly DescribedCommand[],
  topics: readonly DescribedTopic[],
): CommandLineShape {
  const shapes = visible(commands)
    .map((command) => shapeOfCommand(command))
    .toSorted(byName);
  return {
    bin,
    commands: shapes,
    // To oclif all commands are topics, too.
    topics: visible(topics)
      .filter(({ name }) => shapes.some((command) => command.name.startsWith(`${name} `)))
      .map((topic) => ({ name: topic.name, summary: oneLine(topic) }))
      .toSorted(byName),
  };
}

function shapeOfCommand(command: DescribedCommand): CompletionCommand {
  const flags = visible(Object.values(command.flags)).map((flag) => shapeOfFlag(flag));
  const args = visible(Object.values(command.args)).map((argument) => shapeOfArgument(argument));
  return {
    name: command.id.replaceAll(':', ' '),
    summary: oneLine(command),
    flags: [...flags, helpFlag].toSorted(byName),
    argument: args.length === 0 ? undefined : together(args),
  };
}

function shapeOfFlag(flag: DescribedFlag): CompletionFlag {
  return {
    name: flag.name,
    char: flag.char,
    summary: oneLine(flag),
    isRepeatable: flag.multiple === true,
    value: flag.type === 'option' ? flagValue(flag) : undefined,
  };
}

/** The words of a help value say what it is: `FILE`, `[PREFIX=]FILE`, `docker|k3s|FOLDER`. Small letters are meant as they are. */
function flagValue({ options, helpValue }: DescribedFlag): CompletionValue {
  const name = [helpValue ?? 'VALUE'].flat().join(' ');
  if (options !== undefined) return { name, words: options, paths: 'none' };
  const choices = name.replaceAll(/\[[^\]]*\]/g, '').split('|');
  return {
    name,
    words: choices.filter((choice) => /^[a-z0-9][a-z0-9-]*$/.test(choice)),
    paths: pathsOf(choices),
  };
}

function pathsOf(choices: readonly string[]): CompletionValue['paths'] {
  if (choices.some((choice) => fileWords.has(choice))) return 'files';
  return choices.some((choice) => folderWords.has(choice)) ? 'folders' : 'none';
}

function shapeOfArgument({ name, options }: DescribedArgument): CompletionValue {
  const isPath = options === undefined && !pathlessArguments.has(name);
  return { name: name.toUpperCase(), words: options ?? [], paths: isPath ? 'files' : 'none' };
}

function together(values: readonly CompletionValue[]): CompletionValue {
  return {
    name: values.map(({ name }) => name).join(' '),
    words: values.flatMap(({ words }) => words),
    paths: values.some(({ paths }) => paths === 'files') ? 'files' : 'none',
  };
}

/** The first sentence, without its full stop: shells show one line. */
function oneLine({ summary, description }: Described): string {
  const [line = ''] = (summary ?? description ?? '').trim().split('\n');
  const [sentence = ''] = line.split(/(?<=[.:;]) (?=[A-Z])/);
  return sentence.replace(/[.:;]$/, '');
}

function visible<T extends { readonly hidden?: boolean | undefined }>(all: readonly T[]): T[] {
  return all.filter(({ hidden }) => hidden !== true);
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}
