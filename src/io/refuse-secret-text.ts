import { PaletteEdgeError } from '../errors.ts';

/** Keys in PEM and of age, and JSON with something in it, as files of credentials are. */
const secretText = /-----BEGIN |AGE-SECRET-KEY-|^\s*\{[^]*"/i;

/**
 * Refuses a key, or credentials, where the path of their file belongs: a pipeline that has them in variables is soon written so. What is said of a path
 * that is not there would tell them to everybody who reads the log.
 *
 * @param what what was to be named, for the message: `private key`
 * @throws PaletteEdgeError `PATH_INVALID` (kind usage), which quotes nothing of it
 */
export function refuseSecretText(path: string, what: string): void {
  if (!secretText.test(path)) return;
  throw new PaletteEdgeError(
    'PATH_INVALID',
    `expected the path of the ${what}, received what belongs into the file itself`,
    {
      kind: 'usage',
      suggestions: [
        'Name the file. What is in a variable is written to one first; keys come out of a pipe, too: <(printenv NAME)',
      ],
    },
  );
}
