import { addAbortSignal } from 'node:stream';

import { PaletteEdgeError } from '../errors.ts';
import { askTerminal } from './ask-terminal.ts';
import type { AskOptions } from './ask-terminal.ts';

/** A user name and a password. */
export interface AskedLogin {
  readonly username: string;
  readonly password: string;
}

/** No password is as long; a file that was piped by mistake may be. */
const maximumPassword = 64 * 1024;

/**
 * Gets the password, and the user name when it was not given: asks at a terminal, without showing the password, and else
 * reads standard input. There is no flag for it: other users can read the arguments of a process.
 *
 * @throws PaletteEdgeError `LOGIN_INVALID` (kind usage); the signal's reason when aborted
 */
export async function askLogin(username: string | undefined, signal: AbortSignal): Promise<AskedLogin> {
  const { stdin } = process;
  if (stdin.isTTY) {
    const name = username ?? (await ask('User name: ', { isHidden: false, signal }));
    return { username: name, password: await ask('Password: ', { isHidden: true, signal }) };
  }
  if (username === undefined) {
    throw invalid('no user name was given', 'Add --username USER: standard input has the password only.');
  }
  return { username, password: await readPassword(stdin, signal) };
}

async function ask(prompt: string, options: AskOptions): Promise<string> {
  const answer = await askTerminal(prompt, options);
  if (answer === undefined) throw invalid('nothing was typed', 'Run the same command again.');
  return answer;
}

/** The whole input but for one line break at its end, which `echo` adds. */
async function readPassword(input: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  addAbortSignal(signal, input);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of input) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    size += bytes.length;
    if (size > maximumPassword) {
      throw invalid(
        `standard input has more than ${maximumPassword} bytes`,
        'Give nothing but the password on standard input.',
      );
    }
    pieces.push(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(Buffer.concat(pieces))
      .replace(/\r?\n$/, '');
  } catch {
    // Without its error as cause: who knows what it quotes.
    throw invalid('the password on standard input is not UTF-8 text', 'Encode it as UTF-8.');
  }
}

function invalid(message: string, suggestion: string): PaletteEdgeError {
  return new PaletteEdgeError('LOGIN_INVALID', message, { kind: 'usage', suggestions: [suggestion] });
}
