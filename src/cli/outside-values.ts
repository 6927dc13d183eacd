import { Errors, Parser } from '@oclif/core';
import type { Interfaces } from '@oclif/core';

import { PaletteEdgeError } from '../errors.ts';
import type { ConfigFile, Setting } from './config-file.ts';
import { environmentName } from './environment-name.ts';

/** Any flag of a command. */
export type AnyFlag = Interfaces.FlagInput[string];

/** What was typed, as far as the parser knows it when it asks for defaults. */
type TypedFlags = Readonly<Record<string, unknown>>;

/** Where values come from that were not typed. */
export interface OutsideSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads the config files, the one that wins first: only `named` when there is one. */
  readonly readFiles: (named: string | undefined) => Promise<readonly ConfigFile[]>;
}

/**
 * Flags that turn something on. What is set outside for how that is to be done lies ready until it is: it must not end every other command.
 * Typed without the switch it is a mistake; and whatever else belongs together, as certificate and key, does so wherever it is set.
 */
const switches: ReadonlySet<string> = new Set(['iso', 'split', 'print-config']);

/** The values that a command's flags have without being typed: those of the environment, then those of config files. */
export class OutsideValues {
  readonly #sources: OutsideSources;
  readonly #used = new Map<string, Setting>();
  readonly #usedFiles = new Map<string, string[]>();
  #files: Promise<readonly ConfigFile[]> | undefined;

  constructor(sources: OutsideSources) {
    this.#sources = sources;
  }

  /**
   * The same flags, for the parser, with the outside values as their defaults: it asks for one only when the flag was
   * not typed. Every boolean can be taken back with `--no-…`: another place may have set it.
   */
  asDefaults<T extends Interfaces.OutputFlags<Interfaces.FlagInput>>(
    flags: Interfaces.FlagInput<T>,
  ): Interfaces.FlagInput<T> {
    const copies = { ...flags };
    for (const [name, flag] of Object.entries<AnyFlag>(flags)) {
      if (environmentName({ name, hidden: flag.hidden }) === undefined) continue;
      const copy = {
        ...flag,
        env: undefined,
        default: async (context: { readonly flags: TypedFlags; readonly options: never }) => {
          const value = await this.#valueOf(name, flag, context.flags);
          if (value === undefined) return await ownDefault(flag, context);
          // The parser looks at it when it has all values.
          copy.dependsOn = flag.dependsOn?.filter(
            (other) => typeof other !== 'string' || !switches.has(other),
          );
          return value;
        },
        ...(flag.type === 'boolean' ? { allowNo: true } : {}),
      };
      Object.assign(copies, { [name]: copy });
    }
    return copies;
  }

  /** Reads the config files, which checks them, even when no flag of the command asked for it. */
  async checkFiles(typed: TypedFlags): Promise<void> {
    await this.#readFiles(typed);
  }

  /** What each config file was used for: flags by path. */
  get usedFiles(): ReadonlyMap<string, readonly string[]> {
    return this.#usedFiles;
  }

  /** Where the value of a flag came from, or undefined when it was typed, or is the default. */
  originOf(name: string): string | undefined {
    return this.#used.get(name)?.origin;
  }

  async #valueOf(name: string, flag: AnyFlag, typed: TypedFlags): Promise<unknown> {
    const setting = this.#fromEnvironment(name, flag) ?? (await this.#fromFiles(name, typed));
    if (setting === undefined) return undefined;
    this.#used.set(name, setting);
    return await valueOfSetting(name, flag, setting);
  }

  #fromEnvironment(name: string, flag: AnyFlag): Setting | undefined {
    const variable = environmentName({ name, hidden: flag.hidden });
    const text = variable === undefined ? undefined : this.#sources.environment[variable];
    // Empty is how a variable is unset in many places.
    if (variable === undefined || text === undefined || text === '') return undefined;
    if (flag.type === 'boolean')
      return { texts: [text.replace(/^1$/, 'true').replace(/^0$/, 'false')], origin: variable };
    if (flag.multiple !== true) return { texts: [text], origin: variable };
    const texts = text.split(/\r?\n/).filter((line) => line !== '');
    return texts.length === 0 ? undefined : { texts, origin: variable };
  }

  async #fromFiles(name: string, typed: TypedFlags): Promise<Setting | undefined> {
    if (name === 'config' || name === 'no-config') return undefined;
    for (const { path, settings } of await this.#readFiles(typed)) {
      const setting = settings.get(name);
      if (setting === undefined) continue;
      this.#usedFiles.set(path, [...(this.#usedFiles.get(path) ?? []), name]);
      return setting;
    }
    return undefined;
  }

  async #readFiles(typed: TypedFlags): Promise<readonly ConfigFile[]> {
    return await (this.#files ??= this.#chooseFiles(typed));
  }

  /** What was typed about config files wins over what the environment says about them. */
  async #chooseFiles({ config, 'no-config': noConfig }: TypedFlags): Promise<readonly ConfigFile[]> {
    if (typeof config === 'string') return await this.#sources.readFiles(config);
    if (noConfig === true) return [];
    const { PALETTE_EDGE_CONFIG: named, PALETTE_EDGE_NO_CONFIG: isOff } = this.#sources.environment;
    if (noConfig === undefined && /^(?:1|true)$/.test(isOff ?? '')) return [];
    return await this.#sources.readFiles(named === '' ? undefined : named);
  }
}

async function ownDefault(
  { default: value }: AnyFlag,
  context: { readonly flags: TypedFlags; readonly options: never },
): Promise<unknown> {
  return typeof value === 'function' ? await value(context) : value;
}

async function valueOfSetting(name: string, flag: AnyFlag, { texts, origin }: Setting): Promise<unknown> {
  if (flag.type === 'boolean') {
    const [text = ''] = texts;
    if (text !== 'true' && text !== 'false')
      throw invalid(origin, `expected true or false, received ${shown(text)}`);
    return text === 'true';
  }
  const { options } = flag;
  const wrong = options === undefined ? undefined : texts.find((text) => !options.includes(text));
  if (wrong !== undefined) {
    throw invalid(origin, `expected ${options?.join(' or ')}, received ${shown(wrong)}`);
  }
  return await parseAlone(name, flag, { texts, origin });
}

/** Has the parser read the values as if they were typed, with this flag alone. */
async function parseAlone(name: string, flag: AnyFlag, { texts, origin }: Setting): Promise<unknown> {
  const free = {
    dependsOn: [],
    exclusive: [],
    combinable: undefined,
    relationships: [],
    exactlyOne: [],
    atLeastOne: [],
  };
  try {
    const { flags } = await Parser.parse(
      texts.map((text) => `--${name}=${text}`),
      { flags: { [name]: { ...flag, ...free, env: undefined } }, args: {} },
    );
    return flags[name];
  } catch (error) {
    if (error instanceof PaletteEdgeError || error instanceof Errors.CLIError)
      throw invalid(origin, reasonOf(error, name));
    throw error;
  }
}

/** Without the name of the flag, which nobody typed, and without oclif's layout. */
function reasonOf({ message }: Error, name: string): string {
  return message
    .replace(/\nSee more help with --help$/, '')
    .replace(/^Parsing --\S+ \n\t/, '')
    .replace(`--${name}: `, '')
    .replace(/^Expected/, 'expected');
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function invalid(origin: string, reason: string): PaletteEdgeError {
  const isVariable = origin.startsWith('PALETTE_EDGE_');
  return new PaletteEdgeError(
    isVariable ? 'ENVIRONMENT_INVALID' : 'CONFIG_FILE_INVALID',
    `${origin}: ${reason}`,
    {
      kind: 'usage',
      suggestions: [
        isVariable ? 'Correct the variable, or unset it.' : 'To go on without config files: --no-config',
      ],
    },
  );
}
