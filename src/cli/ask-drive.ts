import { basename } from 'node:path';
import { createInterface } from 'node:readline/promises';

import { PaletteEdgeError } from '../errors.ts';
import type { UsbWriteQuestion } from '../workflows/write-usb-drive.ts';

/** How it is asked. */
export interface AskDriveOptions {
  /** Says what is about to happen. */
  readonly tell: () => void;
  /** Nobody may be asked: one document on stdout is expected. */
  readonly isJson: boolean;
  readonly signal: AbortSignal;
}

/**
 * Has a person type the name of the drive that is about to lose everything: a `y` is typed before it is thought about.
 *
 * @throws PaletteEdgeError `DRIVE_NOT_CONFIRMED` (kind usage) when something else was typed, and where there is nobody to ask; the
 *   signal's reason
 */
export async function askDrive(question: UsbWriteQuestion, options: AskDriveOptions): Promise<void> {
  const { path } = question.drive;
  const { tell, isJson, signal } = options;
  if (isJson || !process.stdin.isTTY || !process.stderr.isTTY) throw nobodyToAsk(question);
  tell();
  const name = basename(path);
  const typed = await answer(`Type ${name} to go on: `, signal);
  if (typed === name || typed === path) return;
  throw new PaletteEdgeError(
    'DRIVE_NOT_CONFIRMED',
    typed === ''
      ? 'nothing was typed, and nothing was written'
      : `${JSON.stringify(typed)} was typed and not ${name}: nothing was written`,
    { kind: 'usage', suggestions: ['Look at the drives again: palette-edge usb list'] },
  );
}

async function answer(prompt: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: true,
    historySize: 0,
  });
  // The terminal is in raw mode: nobody else makes a signal of Ctrl-C.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return (await terminal.question(prompt, { signal })).trim();
  } catch (error) {
    signal.throwIfAborted();
    // Ctrl-D, or a terminal that went away.
    if (error instanceof Error && error.name === 'AbortError') {
      process.stderr.write('\n');
      return '';
    }
    throw error;
  } finally {
    terminal.close();
  }
}

function nobodyToAsk({ drive, device, image, isFixed }: UsbWriteQuestion): PaletteEdgeError {
  const { serial } = drive;
  const flags = isFixed ? '--yes --not-removable' : '--yes';
  return new PaletteEdgeError(
    'DRIVE_NOT_CONFIRMED',
    'nobody can be asked whether this is the right drive: there is no terminal, or --json is given',
    {
      kind: 'usage',
      suggestions: [
        serial === undefined
          ? `${drive.path} has no serial number, by which a script could name it: run the command at a terminal.`
          : `In a script: palette-edge usb write ${quoted(image.path)} ${quoted(device)} ${flags} --serial ${quoted(serial)}`,
      ],
    },
  );
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
