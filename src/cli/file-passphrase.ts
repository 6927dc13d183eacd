import { PaletteEdgeError } from '../errors.ts';
import { askTerminal } from './ask-terminal.ts';

/** Where a script puts it: the arguments of a process are for all to see. */
const variable = 'PALETTE_EDGE_PASSPHRASE';

/** No passphrase is as long. */
const mostLength = 4096;

/**
 * The passphrase that a file is opened with: that of the environment, or else of who sits at the terminal.
 *
 * @param path of the file
 * @throws PaletteEdgeError `PASSPHRASE_MISSING` (kind authentication), `PASSPHRASE_INVALID` (kind usage); the signal's reason when aborted
 */
export async function filePassphrase(path: string, signal: AbortSignal): Promise<string> {
  const given = givenPassphrase();
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) throw missing(`${path} is encrypted with a passphrase, and there is none`);
  return usable(await askTerminal(`Passphrase of ${path}: `, { isHidden: true, signal }));
}

/**
 * The passphrase that a new file is encrypted with; asked for twice, as nobody sees what is typed.
 *
 * @throws PaletteEdgeError `PASSPHRASE_MISSING` (kind authentication), `PASSPHRASE_INVALID` (kind usage); the signal's reason when aborted
 */
export async function newFilePassphrase(signal: AbortSignal): Promise<string> {
  const given = givenPassphrase();
  if (given !== undefined) return given;
  if (!process.stdin.isTTY)
    throw missing('the bundle is to be encrypted with a passphrase, and there is none');
  const first = usable(await askTerminal('Passphrase for the bundle: ', { isHidden: true, signal }));
  const second = await askTerminal('The same again: ', { isHidden: true, signal });
  if (first !== second) throw invalid('the two passphrases differ');
  return first;
}

function givenPassphrase(): string | undefined {
  const { [variable]: text } = process.env;
  // Empty is how a variable is unset in many places.
  return text === undefined || text === '' ? undefined : usable(text);
}

function usable(text: string | undefined): string {
  if (text === undefined || text === '') throw invalid('it is empty');
  if (text.length > mostLength) throw invalid(`it has more than ${mostLength} characters`);
  return text;
}

function missing(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('PASSPHRASE_MISSING', reason, {
    kind: 'authentication',
    suggestions: [`Set ${variable}, or run the command at a terminal: it asks for the passphrase.`],
  });
}

function invalid(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('PASSPHRASE_INVALID', `the passphrase cannot be used: ${reason}`, {
    kind: 'usage',
    suggestions: ['Run the same command again.'],
  });
}
