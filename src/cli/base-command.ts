import { Command, Errors } from '@oclif/core';

import { exitCodes, PaletteEdgeError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';
import { bugView, errorJson, errorView } from '../views/error-view.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Interrupt } from './interrupt.ts';
import { silentProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { ProgressBars } from './progress-bars.ts';
import { ProgressLines } from './progress-lines.ts';
import { watchStandardStreams } from './stream-errors.ts';
import { terminalText } from './terminal-text.ts';

/**
 * What all commands share: `--json`, the abort signal, results on stdout and conversation on stderr, errors with their
 * exit codes.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  #interrupt: Interrupt | undefined;

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

  /** How a long job is shown: bars for a person at a terminal, else lines, and nothing with `--json`. */
  protected progress(): Progress {
    if (this.jsonEnabled()) return silentProgress;
    const isWatched = process.stderr.isTTY && process.env['CI'] === undefined;
    return isWatched ? new ProgressBars(process.stderr) : new ProgressLines((line) => this.tell(line));
  }

  /** Writes the result, or a part of it, to stdout; nothing with `--json`, which prints what `run` returns. */
  protected show(text: string): void {
    this.log('%s', terminalText(text));
  }

  /** Says something to the person on stderr; nothing with `--json`. */
  protected tell(text: string): void {
    this.logToStderr('%s', terminalText(text));
  }

  /** The exit code that the command ends with when nothing is thrown. */
  protected endWith(kind: ErrorKind): void {
    process.exitCode = exitCodes[kind];
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
      return new PaletteEdgeError('USAGE', usageMessage(error.message), {
        kind: 'usage',
        suggestions: [`See the help: ${this.config.bin} ${this.id?.replaceAll(':', ' ') ?? ''} --help`],
      });
    }
    return error;
  }
}

/** oclif's words without its layout, and without what stands behind an equals sign: it may be a secret. */
function usageMessage(message: string): string {
  return message
    .replace(/\nSee more help with --help$/, '')
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .replace(/^((?:Unexpected argument|Nonexistent flag)s?: [^=]*=).*$/s, '$1…');
}
