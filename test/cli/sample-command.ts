import { once } from 'node:events';

import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../../src/cli/base-command.ts';
import { PaletteEdgeError } from '../../src/errors.ts';
import type { ErrorKind } from '../../src/errors.ts';
import { warningView } from '../../src/views/warning-view.ts';

const actions = ['show', 'fail', 'bug', 'wait', 'never-end', 'damaged', 'transfer', 'talk', 'full'] as const;
const kinds: readonly ErrorKind[] = [
  'failure',
  'usage',
  'authentication',
  'notFound',
  'content',
  'network',
  'disk',
  'incomplete',
  'differences',
  'interrupted',
];

/** A command that ends in every way a command may end. */
export class SampleCommand extends BaseCommand {
  static override id = 'sample';
  static override args = {
    what: Args.custom<(typeof actions)[number]>({ options: [...actions] })({
      description: 'What to do.',
      required: true,
    }),
  };
  static override flags = {
    text: Flags.string({ default: 'the result' }),
    kind: Flags.custom<ErrorKind>({ options: [...kinds] })({ default: 'network' }),
    count: Flags.integer({ min: 1, default: 1 }),
  };

  async run(): Promise<{ readonly text: string }> {
    const { args, flags } = await this.parse(SampleCommand);
    const { text, kind } = flags;
    switch (args.what) {
      case 'fail':
        throw failure(text, kind);
      case 'bug':
        throw new TypeError(`${text} is not a function`);
      case 'wait':
      case 'never-end':
        await this.#wait(args.what === 'never-end');
        break;
      case 'damaged':
        this.show(text);
        this.endWith('content');
        break;
      case 'transfer':
        this.#transfer();
        break;
      case 'talk':
        await this.#talk();
        this.show(text);
        break;
      case 'full':
        fillDisk();
        this.show(text);
        break;
      case 'show':
      default:
        this.tell(`about to show ${text}`);
        this.show(text);
    }
    return { text };
  }

  async #wait(isStubborn: boolean): Promise<void> {
    const timer = setInterval(() => undefined, 1_000_000);
    const aborted = once(this.signal, 'abort');
    process.stderr.write('waiting\n');
    await aborted;
    process.stderr.write('stopping\n');
    if (isStubborn) await new Promise(() => undefined);
    clearInterval(timer);
    this.signal.throwIfAborted();
  }

  /** Says something, waits for the end of stdin, and goes on as a progress bar does: past the console. */
  async #talk(): Promise<void> {
    process.stderr.write('listening?\n');
    process.stdin.resume();
    await once(process.stdin, 'end');
    process.stderr.write('still there?\n');
    // The answer of the pipe comes after this turn of the event loop.
    await new Promise(setImmediate);
  }

  #transfer(): void {
    using progress = this.progress();
    progress.startPhase('Pulling', 10);
    progress.tell('on the way');
    progress.warn(warningView({ code: 'SLOW', message: 'too slow' }));
    progress.advance(10);
  }
}

/** From now on stdout answers as a file on a full disk does. */
function fillDisk(): void {
  process.stdout._write = (_chunk, _encoding, done) => {
    done(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
  };
}

function failure(text: string, kind: ErrorKind): PaletteEdgeError {
  return new PaletteEdgeError('SAMPLE_FAILED', `${text} failed`, {
    kind,
    suggestions: ['Try it another way.'],
    details: { text },
  });
}
