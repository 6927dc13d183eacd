import { environmentName } from '../src/cli/environment-name.ts';
import { exitCodeMeanings, exitCodes } from '../src/errors.ts';

/**
 * Man pages of all commands, and one that lists them, in man(7) roff. No date is in them: the same sources give the same bytes.
 *
 * @param manifest what oclif has to know of the commands: the same that help and completion are made of
 * @param pjson package.json
 * @returns texts by the names of files: `palette-edge-usb-write.1`
 */
export function manPages(manifest, pjson) {
  const { bin } = pjson.oclif;
  const commands = Object.values(manifest.commands)
    .filter(({ hidden }) => hidden !== true)
    .map((command) => ({
      ...command,
      name: command.id.replaceAll(':', ' '),
      page: pageName(bin, command.id),
    }));
  const release = `${bin} ${manifest.version}`;
  return new Map([
    [`${bin}.1`, overview({ bin, commands, release, description: pjson.description })],
    ...commands.map((command) => [`${command.page}.1`, commandPage({ bin, command, release })]),
  ]);
}

function pageName(bin, id) {
  return `${bin}-${id.replaceAll(':', '-')}`;
}

function overview({ bin, commands, release, description }) {
  return page([
    title(bin, release),
    section('NAME', `${escaped(bin)} \\- ${escaped(description)}`),
    section('SYNOPSIS', `.B ${escaped(bin)}\n.I COMMAND\n[\\fIflags\\fR]`),
    section(
      'COMMANDS',
      tagged(commands.map(({ page: name, summary }) => [`\\fB${escaped(name)}\\fR(1)`, summary])),
    ),
    exitStatus(),
  ]);
}

function commandPage({ bin, command, release }) {
  const { name, page: title_, summary = '', description = '', args, flags, examples = [] } = command;
  const fill = (text) =>
    text.replaceAll(/<%=\s*config\.bin\s*%>/g, bin).replaceAll(/<%=\s*command\.id\s*%>/g, name);
  const shownFlags = visible(flags).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return page([
    title(title_, release),
    section('NAME', `${escaped(title_)} \\- ${escaped(fill(summary).replace(/\.$/, ''))}`),
    section('SYNOPSIS', synopsis(bin, name, visible(args))),
    section('DESCRIPTION', paragraphs(fill(`${summary}\n\n${description}`))),
    section(
      'ARGUMENTS',
      tagged(visible(args).map((arg) => [`\\fI${escaped(arg.name.toUpperCase())}\\fR`, argText(arg)])),
    ),
    section('OPTIONS', tagged(shownFlags.map((flag) => [flagTag(flag), fill(flagText(flag))]))),
    section('EXAMPLES', examples.map((example) => exampleText(example, fill)).join('\n.PP\n')),
    exitStatus(),
    section('SEE ALSO', `.BR ${escaped(bin)} (1)`),
  ]);
}

function visible(described = {}) {
  return Object.values(described).filter(({ hidden }) => hidden !== true);
}

function title(name, release) {
  return `.TH ${quoted(name.toUpperCase())} 1 "" ${quoted(release)} ${quoted('User Commands')}`;
}

function section(name, text) {
  return text === '' ? '' : `.SH ${name}\n${text}`;
}

function page(blocks) {
  return `${blocks.filter((block) => block !== '').join('\n')}\n`;
}

function synopsis(bin, name, args) {
  const shown = args.map((arg) => {
    const word = `\\fI${escaped(arg.name.toUpperCase())}\\fR${arg.multiple ? ' ...' : ''}`;
    return arg.required ? word : `[${word}]`;
  });
  return [`.B ${escaped(`${bin} ${name}`)}`, ...shown, '[\\fIflags\\fR]'].join('\n');
}

function argText({ description = '', options }) {
  return [description, options && `One of ${options.join(', ')}.`].filter(Boolean).join(' ');
}

function flagTag({ name, char, type, allowNo, helpValue, options }) {
  const long = `--${allowNo ? '[no-]' : ''}${name}`;
  const names = [...(char ? [`-${char}`] : []), long].map((text) => `\\fB${escaped(text)}\\fR`).join(', ');
  return type === 'option'
    ? `${names} \\fI${escaped(helpValue ?? options?.join('|') ?? 'VALUE')}\\fR`
    : names;
}

function flagText(flag) {
  const { summary, description, multiple } = flag;
  const variable = environmentName(flag);
  return [
    summary ?? description,
    summary && description,
    multiple && 'Can be given more than once.',
    variable && `Environment: ${variable}.`,
  ]
    .filter(Boolean)
    .map((text) => (/[.!?:]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`))
    .join(' ');
}

function exampleText(example, fill) {
  const { description, command } = typeof example === 'string' ? { command: example } : example;
  const said = description === undefined ? [] : [escaped(fill(description)), '.PP'];
  return [...said, '.RS 4', '.nf', escaped(`$ ${fill(command)}`), '.fi', '.RE'].join('\n');
}

function exitStatus() {
  const rows = Object.entries(exitCodes).map(([kind, code]) => [`\\fB${code}\\fR`, exitCodeMeanings[kind]]);
  return section('EXIT STATUS', tagged(rows));
}

function tagged(rows) {
  return rows.map(([tag, text]) => `.TP\n${tag}\n${escaped(text.replaceAll(/\s*\n\s*/g, ' '))}`).join('\n');
}

function paragraphs(text) {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => escaped(paragraph.replaceAll(/\s*\n\s*/g, ' ')))
    .join('\n.PP\n');
}

/** For a line of text or an argument: what roff takes for something else, and all but ASCII. */
function escaped(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll("'", '\\(aq')
    .replaceAll(
      /\P{ASCII}/gu,
      (found) => `\\[u${found.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replaceAll(/^\./gm, '\\&.');
}

function quoted(text) {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`;
}
