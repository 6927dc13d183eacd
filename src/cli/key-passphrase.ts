import { PaletteEdgeError } from '../errors.ts';
import { askTerminal } from './ask-terminal.ts';

/** Where a script puts it: the arguments of a process are for all to see. */
const variable = 'PALETTE_EDGE_KEY_PASSPHRASE';

/**
 * The passphrase of a private key: that of the environment, or else of who sits at the terminal.
 *
 * @param path of the key
 * @returns undefined when there is nobody to ask, or nothing was typed
 * @throws the signal's reason when aborted
 */
export async function keyPassphrase(path: string, signal: AbortSignal): Promise<string | undefined> {
  const given = givenPassphrase();
  if (given !== undefined || !process.stdin.isTTY) return given;
  return await askTerminal(`Passphrase of ${path}: `, { isHidden: true, signal });
}

/**
 * The passphrase for a new private key; asked for twice, as nobody sees what is typed.
 *
 * @param isWanted whether the key is to be encrypted; it is, too, when the environment has a passphrase
 * @returns undefined for a key that is not
 * @throws PaletteEdgeError `KEY_PASSPHRASE_MISSING` (kind authentication), `KEY_PASSPHRASE_INVALID` (kind usage); the signal's reason when aborted
 */
export async function newKeyPassphrase(isWanted: boolean, signal: AbortSignal): Promise<string | undefined> {
  const given = givenPassphrase();
  if (given !== undefined || !isWanted) return given;
  if (!process.stdin.isTTY) throw missing();
  const first = await askTerminal('Passphrase for the new key: ', { isHidden: true, signal });
  if (first === undefined || first === '') throw invalid('the passphrase is empty');
  const second = await askTerminal('The same again: ', { isHidden: true, signal });
  if (first !== second) throw invalid('the two passphrases differ');
  return first;
}

function givenPassphrase(): string | undefined {
  const { [variable]: text } = process.env;
  // Empty is how a variable is unset in many places.
  return text === '' ? undefined : text;
}

function missing(): PaletteEdgeError {
  return new PaletteEdgeError(
    'KEY_PASSPHRASE_MISSING',
    'the new key is to be encrypted, and there is no passphrase',
    {
      kind: 'authentication',
      suggestions: [`Set ${variable}, or run the command at a terminal: it asks for the passphrase.`],
    },
  );
}

function invalid(reason: string): PaletteEdgeError {
  return new PaletteEdgeError('KEY_PASSPHRASE_INVALID', `no key was made: ${reason}`, {
    kind: 'usage',
    suggestions: ['Run the same command again.'],
  });
}
