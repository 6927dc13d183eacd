import { dirname, isAbsolute, join } from 'node:path';

import { PaletteEdgeError } from '../errors.ts';
import { isMisspelling } from '../profile/edit-distance.ts';
import { parseYaml } from '../profile/yaml-tree.ts';
import type { YamlEntry, YamlMap, YamlNode } from '../profile/yaml-tree.ts';
import { isSharedStoreUrl } from '../store-sharing/shared-store-url.ts';
import { isConfigurable } from './environment-name.ts';

/** A flag as far as a config file must know it. */
export interface KnownFlag {
  readonly type: 'boolean' | 'option';
  readonly multiple?: boolean | undefined;
  readonly helpValue?: string | readonly string[] | undefined;
  readonly hidden?: boolean | undefined;
}

/** The flags of every command, by the command's name and the flag's. */
export type KnownCommands = ReadonlyMap<string, Readonly<Record<string, KnownFlag>>>;

/** What was set outside the command line for a flag. */
export interface Setting {
  /** Values as they would be typed. */
  readonly texts: readonly string[];
  /** Where it stands, to begin a message with: `palette-edge.yaml:3: concurrency`. */
  readonly origin: string;
}

/** The settings of a config file. */
export interface ConfigFile {
  readonly path: string;
  /** What it sets for the command it was read for: a command's own section wins over the top of the file. */
  readonly settings: ReadonlyMap<string, Setting>;
}

/** What a config file is read for. */
export interface ConfigFileOptions {
  readonly path: string;
  /** The command that runs. */
  readonly command: string;
  readonly commands: KnownCommands;
  /** The file of the user, when this one merely lies in the working folder: then it may not set everything. */
  readonly ownFile?: string | undefined;
}

/**
 * Flags that say where secrets go, what is trusted, and which files of this machine are carried to sites: a key may be among them, or a
 * program that is run there. Whoever unpacks an archive, or works in the checkout of somebody else, must not get them from there.
 */
const guardedFlags: ReadonlySet<string> = new Set([
  // Where secrets go, and what is trusted.
  'encrypt-to',
  'identity',
  'palette-endpoint',
  'registries-file',
  'mirror',
  'insecure',
  'plain-http',
  'ca-cert',
  'cert-dir',
  'auth-file',
  'cred-file-path',
  'private-key',
  'public-key',
  'require-signature',
  'verify-image-key',
  // Secrets of a server that whoever wrote the file may know, and where clients find it.
  'advertise',
  'password-file',
  'tls-cert',
  'tls-folder',
  'tls-key',
  // Files of this machine that go into what is made; a definition names others, anywhere.
  'add',
  'cluster-definition',
  'content',
  'definition',
  'edge-config',
  'file',
  'include-tool',
  'user-data',
]);

/** Nobody writes so much by hand. */
const maximumLength = 1024 * 1024;

/**
 * Reads the text of a `palette-edge.yaml`: names of flags as keys, and sections by command. Every key is checked, also
 * those of other commands; values only for being of the right type. Nothing but keys is quoted: a value may be a secret.
 *
 * @throws PaletteEdgeError `CONFIG_FILE_INVALID` (kind usage) with file, line and key
 */
export function parseConfigFile(text: string, options: ConfigFileOptions): ConfigFile {
  const { path, command, commands } = options;
  const entries = [...(parseRoot(text, path)?.entries ?? [])];
  const own = configurableFlags(commands.get(command) ?? {});
  const top = entries
    .filter(([, { value }]) => value.kind !== 'map')
    .map(([key, entry]) => {
      const flag = own.get(key) ?? flagOfAny(key, entry, options);
      refuseGuarded(key, entry, options);
      return { key, setting: readSetting(key, entry, { path, flag }) };
    });
  const sections = entries
    .filter(([, { value }]) => value.kind === 'map')
    .map(([key, entry]) => ({ key, settings: readSection(key, entry, options) }));
  return {
    path,
    settings: new Map([
      ...top.filter(({ key }) => own.has(key)).map(({ key, setting }) => [key, setting] as const),
      ...sections.filter(({ key }) => key === command).flatMap(({ settings }) => [...settings]),
    ]),
  };
}

function parseRoot(text: string, path: string): YamlMap | undefined {
  if (text.length > maximumLength)
    throw invalid(path, `it has more than ${maximumLength} characters`, ['Is it the right file?']);
  const documents = readDocuments(text, path);
  const [document, second] = documents;
  if (second !== undefined)
    throw invalid(`${path}:${second.root.line}`, 'it has a second document: remove the line ---');
  if (document === undefined) return undefined;
  const [duplicate] = document.duplicates;
  if (duplicate !== undefined) {
    throw invalid(`${path}:${duplicate.line}`, `the key ${shown(duplicate.key)} stands there twice`);
  }
  if (document.root.kind !== 'map') {
    throw invalid(`${path}:${document.root.line}`, 'expected names of flags with their values', [
      'Write it like this: concurrency: 8',
    ]);
  }
  return document.root;
}

function readDocuments(text: string, path: string): ReturnType<typeof parseYaml> {
  let place = path;
  try {
    return parseYaml(text, (line, column) => (place = `${path}:${line}:${column}`));
  } catch (error) {
    // Without the parser's words and without it as cause: they quote the text, and there may be a secret in it.
    if (error instanceof PaletteEdgeError) throw invalid(place, 'it is not valid YAML');
    throw error;
  }
}

function readSection(command: string, section: YamlEntry, options: ConfigFileOptions): Map<string, Setting> {
  const { path, commands } = options;
  const flags = commands.get(command);
  if (flags === undefined) {
    const isFlag = flagNames(commands).includes(command);
    throw isFlag
      ? invalid(`${path}:${section.line}`, `${shown(command)} takes no keys of its own: expected a value`)
      : unknownKey(`${path}:${section.line}`, command, {
          what: 'no command',
          names: [...commands.keys()],
        });
  }
  const known = configurableFlags(flags);
  const settings = new Map<string, Setting>();
  for (const [key, entry] of section.value.kind === 'map' ? section.value.entries : []) {
    const flag = known.get(key);
    if (flag === undefined) {
      const what = `no flag of ${command} that can be set in a file`;
      throw unknownKey(`${path}:${entry.line}`, key, { what, names: [...known.keys()] });
    }
    refuseGuarded(key, entry, options);
    settings.set(key, readSetting(key, entry, { path, flag }));
  }
  return settings;
}

/** A key at the top may be of any command: the file is for all of them. */
function flagOfAny(key: string, { line, value }: YamlEntry, options: ConfigFileOptions): KnownFlag {
  const { path, commands } = options;
  // `squeeze: max` is the flag of build; `squeeze: {effort: max}` is the command.
  if (commands.has(key) && !flagNames(commands).includes(key)) {
    const isEmpty = value.kind === 'scalar' && value.type === 'null';
    throw invalid(`${path}:${line}`, `${shown(key)} is a command: expected its flags below it`, [
      isEmpty ? 'Remove the line, or add flags below it.' : `Write it like this: ${key}: {concurrency: 8}`,
    ]);
  }
  for (const flags of commands.values()) {
    const flag = configurableFlags(flags).get(key);
    if (flag !== undefined) return flag;
  }
  throw unknownKey(`${path}:${line}`, key, {
    what: 'no flag that can be set in a file, and no command',
    names: [...flagNames(commands), ...commands.keys()],
  });
}

function refuseGuarded(key: string, { line, value }: YamlEntry, { path, ownFile }: ConfigFileOptions): void {
  if (ownFile === undefined || !(guardedFlags.has(key) || isSharedStore(key, value))) return;
  const reason =
    'it decides where secrets go, what is trusted, or which files are carried to sites, and this file was only found in the working folder';
  throw invalid(`${path}:${line}`, `${key}: ${reason}`, [
    `If you trust the file, name it: --config ${path}, or PALETTE_EDGE_CONFIG=${path}`,
    `Or set ${key} in your own file, ${ownFile}`,
  ]);
}

/** A folder is harmless; what goes into a shared store is there for whoever else can read it. */
function isSharedStore(key: string, value: YamlNode): boolean {
  const items = value.kind === 'list' ? value.items : [value];
  return key === 'store' && items.some((item) => item.kind === 'scalar' && isSharedStoreUrl(item.text));
}

function readSetting(
  key: string,
  { value, line }: YamlEntry,
  { path, flag }: { readonly path: string; readonly flag: KnownFlag },
): Setting {
  const origin = `${path}:${line}: ${key}`;
  const items = value.kind === 'list' ? value.items : [value];
  if (value.kind === 'list' && flag.multiple !== true)
    throw invalid(`${path}:${line}`, `${key}: expected one value, not a list`);
  const isPath =
    typeof flag.helpValue === 'string' &&
    /^(?:FILE|DIR|DIR\|URL|FOLDER|PATH(?:\[:NAME\])?)$/.test(flag.helpValue);
  const texts = items.map((item) => scalarOf(item, { key, path, flag }));
  if (flag.helpValue === '[PREFIX=]FILE')
    return { texts: texts.map((text) => prefixedBesideFile(text, path)), origin };
  return { texts: isPath ? texts.map((text) => besideFile(text, path)) : texts, origin };
}

function scalarOf(
  node: YamlNode,
  { key, path, flag }: { readonly key: string; readonly path: string; readonly flag: KnownFlag },
): string {
  const expected = flag.type === 'boolean' ? 'true or false' : 'a value';
  const place = `${path}:${node.line}`;
  if (node.kind !== 'scalar') throw invalid(place, `${key}: expected ${expected}, not a ${node.kind}`);
  if (node.type === 'null') {
    throw invalid(place, `${key}: expected ${expected}, but there is none`, [
      `Give it one, in quotes if it begins with ~, or remove the key.`,
    ]);
  }
  if (flag.type === 'boolean' && !/^(?:true|false)$/.test(node.text))
    throw invalid(place, `${key}: expected ${expected}`);
  return node.text;
}

/** Paths are those of whoever wrote the file: from its folder, wherever the command runs. `-` is no path. */
function besideFile(value: string, path: string): string {
  const isNoPath = value === '' || value === '-' || isSharedStoreUrl(value);
  return isNoPath || isAbsolute(value) ? value : join(dirname(path), value);
}

/** What begins like a path has no prefix. */
function prefixedBesideFile(text: string, path: string): string {
  const [, prefix = '', file = text] = /^(?!\.{0,2}\/)([^=]*=)(.*)$/s.exec(text) ?? [];
  return `${prefix}${besideFile(file, path)}`;
}

function configurableFlags(flags: Readonly<Record<string, KnownFlag>>): ReadonlyMap<string, KnownFlag> {
  return new Map(Object.entries(flags).filter(([name, flag]) => isConfigurable({ name, ...flag })));
}

function flagNames(commands: KnownCommands): string[] {
  return [...new Set([...commands.values()].flatMap((flags) => [...configurableFlags(flags).keys()]))];
}

function unknownKey(
  place: string,
  key: string,
  { what, names }: { readonly what: string; readonly names: readonly string[] },
): PaletteEdgeError {
  const nearest = names.find((name) => isMisspelling(key, name));
  return invalid(place, `${shown(key)} is ${what}`, [
    nearest === undefined
      ? `Keys are the names of flags without their dashes: ${names.toSorted().join(', ')}`
      : `Did you mean ${nearest}?`,
  ]);
}

function shown(key: string): string {
  return JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key);
}

function invalid(place: string, reason: string, suggestions: readonly string[] = []): PaletteEdgeError {
  return new PaletteEdgeError('CONFIG_FILE_INVALID', `${place}: ${reason}`, {
    kind: 'usage',
    suggestions: [...suggestions, 'To go on without config files: --no-config'],
  });
}
