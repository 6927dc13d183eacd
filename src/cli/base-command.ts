import { stripVTControlCharacters } from 'node:util';

import { Command, Errors, Flags, ux } from '@oclif/core';
import type { Interfaces } from '@oclif/core';

import { exitCodes, PaletteEdgeError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';
import { bugView, errorJson, errorView } from '../views/error-view.ts';
import { parseConfigFile } from './config-file.ts';
import type { ConfigFile, KnownCommands, KnownFlag } from './config-file.ts';
import { readConfigTexts } from './config-texts.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Interrupt } from './interrupt.ts';
import { jsonText } from './json-text.ts';
import { OutsideValues } from './outside-values.ts';
import { quietProgress, silentProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { ProgressBars } from './progress-bars.ts';
import { ProgressLines } from './progress-lines.ts';
import { logRequests } from './request-log.ts';
import { watchStandardStreams } from './stream-errors.ts';
import { terminalText } from './terminal-text.ts';
import { columnsOf, wrapText } from './wrap-text.ts';

/**
 * What all commands share: `--json`, flags set by environment and config files, the abort signal, results on stdout and
 * conversation on stderr, errors with their exit codes.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    config: Flags.string({
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
      summary:
        'Read values of flags from this file only, not from palette-edge.yaml here and the user’s own.',
      exclusive: ['no-config'],
    }),
    'no-config': Flags.boolean({ helpGroup: 'GLOBAL', summary: 'Read no config file.' }),
    quiet: Flags.boolean({
      helpGroup: 'GLOBAL',
      summary: 'Say nothing but the result, warnings and errors: no progress.',
      exclusive: ['verbose'],
    }),
    verbose: Flags.boolean({
      helpGroup: 'GLOBAL',
      summary: 'Say of each HTTP request, on stderr, how it went; progress is lines.',
    }),
  };

  #interrupt: Interrupt | undefined;
  #outside: OutsideValues | undefined;
  #requestLog: Disposable | undefined;
  #isQuiet = false;

  /** Aborted by Ctrl-C; everything that waits takes it. */
  protected get signal(): AbortSignal {
    if (this.#interrupt === undefined) throw new TypeError('the command is not initialised');
    return this.#interrupt.signal;
  }

  /** What to do after an interruption. */
  protected readonly resumeAdvice: string = 'Run the same command again.';

  /** What a person types to run this tool here: in a checkout it is not on the PATH. */
  protected get commandLine(): string {
    return process.argv[1]?.endsWith('dev.js') === true ? 'npx node bin/dev.js' : this.config.bin;
  }

  /** How a long job is shown: bars for a person at a terminal, else lines, and nothing with `--json` or `--quiet`. */
  protected progress(): Progress {
    if (this.jsonEnabled()) return silentProgress;
    if (this.#isQuiet) return quietProgress((text) => this.tell(text));
    const { CI: ci, TERM: terminal } = process.env;
    const hasBars =
      process.stderr.isTTY && ci === undefined && terminal !== 'dumb' && this.#requestLog === undefined;
    return hasBars ? new ProgressBars(process.stderr) : new ProgressLines((line) => this.tell(line));
  }

  /** Writes the result, or a part of it, to stdout; nothing with `--json`, which prints what `run` returns. */
  protected show(text: string): void {
    const columns = columnsOf(process.stdout);
    this.log('%s', columns === undefined ? terminalText(text) : wrapText(terminalText(text), columns));
  }

  /** As `show`, for what is the content of a file: a terminal gets the same lines as the file would. */
  protected print(content: string): void {
    this.log('%s', terminalText(content));
  }

  /** Says something to the person on stderr; nothing with `--json`. */
  protected tell(text: string): void {
    const columns = columnsOf(process.stderr);
    this.logToStderr(
      '%s',
      columns === undefined ? terminalText(text) : wrapText(terminalText(text), columns),
    );
  }

  /** As `tell`, for what is no warning, no error and no question: nothing with `--quiet`. */
  protected tellNews(text: string): void {
    if (!this.#isQuiet) this.tell(text);
  }

  /** Writes the one document of `--json`. */
  protected override logJson(json: unknown): void {
    ux.stdout(jsonText(json));
  }

  /** The exit code that the command ends with when nothing is thrown. */
  protected endWith(kind: ErrorKind): void {
    process.exitCode = exitCodes[kind];
  }

  /**
   * Parses the command line; flags that were not typed have their values from the environment, from config files, or by
   * default.
   *
   * @throws PaletteEdgeError `ENVIRONMENT_INVALID` or `CONFIG_FILE_INVALID` (kind usage), or why a file cannot be read
   */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const { flags, baseFlags, args, strict, enableJsonFlag, constraints } = options;
    const commands = knownCommands(this.config.commands, {
      id: this.id ?? '',
      flags: { ...baseFlags, ...flags },
    });
    const outside = new OutsideValues({
      environment: process.env,
      readFiles: async (named) => await this.#readConfigFiles(named, commands),
    });
    this.#outside = outside;
    const parsed = await super.parse<F, B, A>(
      {
        flags: flags && outside.asDefaults<F>(flags),
        baseFlags: baseFlags && outside.asDefaults<B>(baseFlags),
        args,
        strict,
        enableJsonFlag,
        constraints,
      },
      argv,
    );
    await outside.checkFiles(parsed.flags);
    this.#listen(parsed.flags);
    if (this.#isQuiet) return parsed;
    // With --json, too: whoever reads that least expects a file to have a say.
    for (const [path, names] of outside.usedFiles) {
      const text = `Using ${path} for ${names.map((name) => `--${name}`).join(', ')}`;
      process.stderr.write(`${terminalText(text)}\n`);
    }
    return parsed;
  }

  #listen({ quiet, verbose }: Readonly<Record<string, unknown>>): void {
    this.#isQuiet = quiet === true;
    if (verbose !== true) return;
    // With --json, too: stderr is not the document.
    this.#requestLog = logRequests((line) => process.stderr.write(`${terminalText(line)}\n`));
  }

  async #readConfigFiles(named: string | undefined, commands: KnownCommands): Promise<ConfigFile[]> {
    const command = commandName(this.id ?? '');
    const texts = await readConfigTexts({ named, userFolder: this.config.configDir });
    return texts.map(({ text, ...file }) => parseConfigFile(text, { ...file, command, commands }));
  }

  protected override async init(): Promise<void> {
    await super.init();
    watchStandardStreams();
    this.#interrupt = listenForInterrupt();
  }

  protected override async catch(thrown: unknown): Promise<void> {
    const failure = this.#explain(thrown);
    const exitCode = failure instanceof PaletteEdgeError ? failure.oclif.exit : exitCodes.failure;
    process.exitCode = exitCode;
    // Else oclif warns developers, with a stack, of arguments that were wrong before they were parsed.
    this.parsed = true;
    if (this.jsonEnabled()) this.logJson(errorJson(failure, exitCode));
    else this.tell(failure instanceof PaletteEdgeError ? errorView(failure) : bugView(failure));
    return await Promise.resolve();
  }

  protected override async finally(thrown: Error | undefined): Promise<void> {
    this.#interrupt?.[Symbol.dispose]();
    this.#requestLog?.[Symbol.dispose]();
    await super.finally(thrown);
  }

  #explain(error: unknown): unknown {
    if (this.#interrupt?.signal.aborted === true) {
      return new PaletteEdgeError('INTERRUPTED', 'interrupted', {
        kind: 'interrupted',
        suggestions: [this.resumeAdvice],
      });
    }
    // Wrong flags and arguments, as oclif words them.
    if (error instanceof Errors.CLIError) {
      const wrong = new PaletteEdgeError('USAGE', usageMessage(error.message), {
        kind: 'usage',
        suggestions: [`See the help: ${this.config.bin} ${this.id?.replaceAll(':', ' ') ?? ''} --help`],
      });
      return this.#withOrigins(wrong);
    }
    return error instanceof PaletteEdgeError && error.kind === 'usage' ? this.#withOrigins(error) : error;
  }

  /** Who set the flags that a message speaks of, when nobody typed them. */
  #withOrigins(error: PaletteEdgeError): PaletteEdgeError {
    const { code, message, kind, cause, details } = error;
    const names = new Set(Array.from(message.matchAll(/--([a-z][a-z-]*)/g), ([, name = '']) => name));
    const origins = [...names].flatMap((name) => {
      const origin = this.#outside?.originOf(name);
      return origin === undefined ? [] : [`--${name} was set by ${origin.replace(/: [a-z-]+$/, '')}`];
    });
    if (origins.length === 0) return error;
    const suggestions = [...error.suggestions, ...origins];
    return new PaletteEdgeError(code, message, { kind, cause, details, suggestions });
  }
}

/** The commands as config files know them; the one that runs may be in no list. */
function knownCommands(
  commands: readonly { readonly id: string; readonly flags: Readonly<Record<string, KnownFlag>> }[],
  running: { readonly id: string; readonly flags: Readonly<Record<string, KnownFlag>> },
): KnownCommands {
  return new Map([...commands, running].map(({ id, flags }) => [commandName(id), flags]));
}

function commandName(id: string): string {
  return id.replaceAll(':', ' ');
}

/** oclif's words without its layout, and without what stands behind an equals sign: it may be a secret. */
function usageMessage(message: string): string {
  // At a terminal oclif makes some of its words dim.
  return missingArguments(stripVTControlCharacters(message))
    .replace(/\nSee more help with --help$/, '')
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .replace(/^The following errors? occurred:\n {2}/, '')
    .replaceAll(/^(\s*Missing required flag )(?=[a-z])/gm, '$1--')
    .replace(/^((?:Unexpected argument|Nonexistent flag)s?: [^=]*=).*$/s, '$1…');
}

/** Without oclif's note on flags that take several values: ours take one each, and need not stand behind the arguments. */
function missingArguments(message: string): string {
  const list =
    /^Missing \d+ required args?:\n(?<lines>.*?)(?:\n\nNote: .*)?(?:\nSee more help with --help)?$/s.exec(
      message,
    );
  const rows = list?.groups?.['lines']?.split(/\n(?=\S)/);
  if (rows === undefined) return message;
  // A name, two spaces and what it is, over several lines if need be.
  const named = rows.map((row) => {
    const [name = '', ...words] = row.trim().split(/\s+/);
    return `${name.toUpperCase()} is missing${words.length > 0 ? `: ${words.join(' ')}` : ''}`;
  });
  return named.join('\n');
}
