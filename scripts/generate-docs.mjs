// The reference pages, written from the code so that they cannot disagree with it; and the code of the HTML report, from its sources.
//
//   node scripts/generate-docs.mjs           writes docs/commands/*.md, docs/exit-codes.md, the schema of the config file, and src/report/html-page-code.ts
//   node scripts/generate-docs.mjs --check   changes nothing; fails with the list of stale files
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Config, settings } from '@oclif/core';

import { environmentName } from '../src/cli/environment-name.ts';
import { exitCodeMeanings, exitCodes } from '../src/errors.ts';
import { configSchema } from './config-schema.mjs';
import { pageCodePath, pageCodeText } from './page-code.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const generatedNote = '<!-- Written by npm run docs from the code. Do not edit. -->';

const config = await loadConfig();
const commands = await Promise.all(visibleCommands().map(describe));
const pages = new Map([
  ['docs/exit-codes.md', exitCodesPage()],
  ['docs/commands/README.md', overviewPage()],
  ['docs/schemas/palette-edge-config.schema.json', await configSchemaText()],
  [pageCodePath, await pageCodeText(root)],
  ...commands.map((command) => [`docs/commands/${command.file}`, commandPage(command)]),
]);

const stale = [...pages].filter(([path, text]) => contentOf(path) !== text).map(([path]) => path);
const leftOver = existingPages().filter((path) => !pages.has(path));

if (process.argv.includes('--check')) {
  for (const path of stale) console.error(`stale: ${path}`);
  for (const path of leftOver) console.error(`no longer written: ${path}`);
  if (stale.length + leftOver.length > 0) {
    console.error('Run npm run docs and commit the result.');
    process.exitCode = 1;
  }
} else {
  for (const path of leftOver) rmSync(join(root, path));
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), pages.get(path));
  }
  for (const path of [...stale, ...leftOver]) console.log(path);
}

/** The commands as bin/dev.js loads them: from the sources. */
async function loadConfig() {
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  settings.enableAutoTranspile = false;
  pjson.oclif.commands = './src/commands';
  pjson.oclif.helpClass = './src/cli/help.ts';
  // oclif warns about a command that does not load and goes on without it: its page would be silently gone.
  process.on('warning', ({ name, message, detail }) => {
    if (/^(?:Experimental|Deprecation)Warning$/.test(name)) return;
    console.error(`generate-docs: ${detail ?? message}`);
    process.exit(1);
  });
  return await Config.load({ root, pjson, ignoreManifest: true, devPlugins: false, userPlugins: false });
}

function visibleCommands() {
  return config.commands.filter(({ hidden }) => !hidden).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function configSchemaText() {
  const loaded = visibleCommands().map(async (loadable) => {
    const flags = Object.fromEntries(allFlags(await loadable.load(), loadable));
    return { name: loadable.id.replaceAll(':', ' '), flags };
  });
  return `${JSON.stringify(configSchema(await Promise.all(loaded)), null, 2)}\n`;
}

async function describe(loadable) {
  const Command = await loadable.load();
  const name = loadable.id.replaceAll(':', config.topicSeparator);
  const fill = (text) => fillIn(text, name);
  const args = Object.entries(Command.args ?? {}).filter(([, arg]) => !arg.hidden);
  return {
    name,
    file: `${loadable.id.replaceAll(':', '-')}.md`,
    summary: fill(Command.summary ?? Command.description?.split('\n')[0] ?? ''),
    description: fill(Command.summary === undefined ? '' : (Command.description ?? '')),
    usage: [Command.usage ?? `<%= command.id %> ${[...args.map(argUsage), '[flags]'].join(' ')}`]
      .flat()
      .map(fill),
    args: await Promise.all(args.map(async ([argName, arg]) => await argRow(argName, arg, fill))),
    groups: await flagGroups(allFlags(Command, loadable), fill),
    examples: [Command.examples ?? []].flat().map((example) => exampleBlock(example, fill)),
  };
}

/** The class knows how defaults come about; oclif's own description of it adds the flags that oclif itself gives, like --json. */
function allFlags(Command, loadable) {
  return Object.entries({ ...loadable.flags, ...Command.baseFlags, ...Command.flags })
    .filter(([, flag]) => !flag.hidden)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function flagGroups(flags, fill) {
  const groups = new Map();
  for (const [name, flag] of flags) {
    const group = flag.helpGroup ?? '';
    groups.set(group, [...(groups.get(group) ?? []), await flagRow(name, flag, fill)]);
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([title, rows]) => ({ title, rows }));
}

async function flagRow(name, flag, fill) {
  const variable = environmentName({ name, hidden: flag.hidden });
  const text = [flag.summary ?? flag.description, flag.summary && flag.description, ...flagNotes(flag)];
  return [
    code(flagUsage(name, flag)),
    cell(fill(text.filter(Boolean).map(sentence).join(' '))),
    cell(await defaultOf(flag)),
    variable === undefined ? '' : code(variable),
  ];
}

function flagUsage(name, { allowNo, char, helpValue, options, type }) {
  const long = `${char ? `-${char}, ` : ''}--${allowNo ? '[no-]' : ''}${name}`;
  return type === 'option' ? `${long} ${helpValue ?? options?.join('|') ?? '<value>'}` : long;
}

function flagNotes({ dependsOn, deprecated, exclusive, multiple, required }) {
  return [
    required && 'Required.',
    multiple && 'Can be given more than once.',
    list('Not with', exclusive),
    list('Needs', dependsOn),
    deprecated && 'Deprecated.',
  ];
}

function list(words, flags = []) {
  const names = flags.map((flag) => `--${typeof flag === 'string' ? flag : flag.name}`);
  return names.length === 0 ? '' : `${words} ${names.join(', ')}.`;
}

/** A computed default belongs to one machine: only its description can stand in a page. */
async function defaultOf({ default: value, defaultHelp, type }) {
  if (typeof defaultHelp === 'string') return defaultHelp;
  if (typeof defaultHelp === 'function') return (await defaultHelp({ options: {}, flags: {} })) ?? '';
  if (value === undefined || typeof value === 'function' || (type === 'boolean' && value === false))
    return '';
  if (Array.isArray(value) && value.length === 0) return '';
  return code([value].flat().join(', '));
}

function argUsage([name, { required, multiple }]) {
  const shown = `${name.toUpperCase()}${multiple ? '...' : ''}`;
  return required ? shown : `[${shown}]`;
}

async function argRow(name, arg, fill) {
  const notes = arg.options ? `One of ${arg.options.join(', ')}.` : '';
  return [
    code(name.toUpperCase()),
    cell(fill([arg.description ?? '', notes].filter(Boolean).join('\n'))),
    arg.required ? 'yes' : 'no',
    cell(await defaultOf(arg)),
  ];
}

function exampleBlock(example, fill) {
  if (typeof example === 'string') return ['```console', fill(example).trim(), '```'].join('\n');
  return [prose(fill(example.description)), '', '```console', `$ ${fill(example.command)}`, '```'].join('\n');
}

function commandPage({ name, summary, description, usage, args, groups, examples }) {
  return page([
    `# ${config.bin} ${name}`,
    prose(summary),
    prose(description),
    '## Usage',
    ['```console', ...usage.map((line) => `$ ${config.bin} ${line}`), '```'].join('\n'),
    ...(args.length > 0 ? ['## Arguments', table(['Argument', 'Meaning', 'Required', 'Default'], args)] : []),
    ...(groups.length > 0 ? ['## Flags'] : []),
    ...groups.flatMap(({ title, rows }) => [
      title === '' ? '' : `### ${title.charAt(0)}${title.slice(1).toLowerCase()}`,
      table(['Flag', 'Meaning', 'Default', 'Environment'], rows),
    ]),
    ...(examples.length > 0 ? ['## Examples', ...examples] : []),
    '## Exit codes',
    exitCodeTable(),
    `More in [exit codes](../exit-codes.md). All commands: [overview](README.md).`,
  ]);
}

function overviewPage() {
  const rows = commands.map(({ name, file, summary }) => [
    `[${code(`${config.bin} ${name}`)}](${file})`,
    cell(summary),
  ]);
  return page(['# Commands', rows.length > 0 ? table(['Command', 'What it does'], rows) : 'None yet.']);
}

function exitCodesPage() {
  return page([
    '# Exit codes',
    'Scripts can rely on these: a code never changes its meaning.',
    exitCodeTable(),
    'With `--json`, the error on stdout also carries a stable `code`, and `suggestions` for what to do next. [Errors by code](errors.md) tells what each means.',
  ]);
}

function exitCodeTable() {
  const rows = Object.entries(exitCodes).map(([kind, number]) => [
    String(number),
    kind,
    cell(exitCodeMeanings[kind]),
  ]);
  return table(['Code', 'Kind', 'Meaning'], rows);
}

function page(blocks) {
  return `${[generatedNote, ...blocks].filter((block) => block !== '').join('\n\n')}\n`;
}

function table(head, rows) {
  const used = head.map((_, column) => column < 2 || rows.some((row) => row[column] !== ''));
  const line = (cells) => `| ${cells.filter((_, column) => used[column]).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text) {
  return `\`${text.replaceAll('|', String.raw`\|`)}\``;
}

function cell(text) {
  return prose(text.trim())
    .replaceAll(/(?<!\\)\|/g, String.raw`\|`)
    .replaceAll(/\s*\n\s*/g, ' ');
}

/** Outside of code, Markdown takes `<file>` for HTML. */
function prose(text) {
  return text.replaceAll(/`[^`]*`|</g, (found) => (found === '<' ? String.raw`\<` : found));
}

function sentence(text) {
  return /[.!?:]$/.test(text.trim()) ? text : `${text.trim()}.`;
}

function fillIn(text, name) {
  const filled = text
    .replaceAll(/<%=\s*config\.bin\s*%>/g, config.bin)
    .replaceAll(/<%=\s*command\.id\s*%>/g, name);
  if (filled.includes('<%')) throw new Error(`${name}: this script does not know the template in: ${filled}`);
  return filled;
}

function contentOf(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

function existingPages() {
  try {
    return readdirSync(join(root, 'docs/commands'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/commands/${name}`);
  } catch {
    return [];
  }
}
