import { exitCodes, PaletteEdgeError, wordDiskError } from '../errors.ts';
import { terminalText } from './terminal-text.ts';

/** Has failures of stdout and stderr dealt with from now on; calling it again changes nothing. */
export function watchStandardStreams(): void {
  // Before oclif's listener, which throws: the program would end with a stack.
  process.stdout.off('error', endForStdout).prependListener('error', endForStdout);
  process.stderr.off('error', goOnWithoutStderr).on('error', goOnWithoutStderr);
}

/**
 * `palette-edge resolve | head` closes our output: nobody reads on, so there is nothing left to do, and the exit code so
 * far stays: that nobody reads on does not make a damaged bundle whole. A result that could not be written is a failure.
 */
function endForStdout(error: Error & { readonly code?: string }): void {
  // oxlint-disable-next-line unicorn/no-process-exit -- whoever read our output has gone
  if (error.code === 'EPIPE') process.exit();
  const worded = wordDiskError(error, 'writing to standard output');
  if (!(worded instanceof PaletteEdgeError)) throw error;
  process.stderr.write(`Error: ${terminalText(worded.message)}\n`);
  // oxlint-disable-next-line unicorn/no-process-exit -- the result has nowhere to go
  process.exit(exitCodes.disk);
}

/** Who no longer listens to the conversation may still want the bundle; and nobody is left to be told of the failure. */
function goOnWithoutStderr(): void {
  return undefined;
}
