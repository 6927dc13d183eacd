import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** How somebody is asked. */
export interface AskOptions {
  /** Whether what is typed is not shown. */
  readonly isHidden: boolean;
  readonly signal: AbortSignal;
}

/**
 * Asks for a line at the terminal that standard input is.
 *
 * @returns undefined when the end of input was typed, or the terminal went away
 * @throws the signal's reason when aborted
 */
export async function askTerminal(
  prompt: string,
  { isHidden, signal }: AskOptions,
): Promise<string | undefined> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({
    input: process.stdin,
    output: isHidden ? silence : process.stderr,
    terminal: true,
    historySize: 0,
  });
  // The terminal is in raw mode: nobody else makes a signal of Ctrl-C.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  if (isHidden) process.stderr.write(prompt);
  try {
    return await terminal.question(isHidden ? '' : prompt, { signal });
  } catch (error) {
    signal.throwIfAborted();
    // Ctrl-D, or a terminal that went away.
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  } finally {
    terminal.close();
    if (isHidden) process.stderr.write('\n');
  }
}
