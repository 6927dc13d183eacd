import { PaletteEdgeError } from '../errors.ts';

/**
 * Refuses a key where the path of its file belongs: a pipeline that has keys in variables is soon written so. What is said of a path that is not
 * there would tell the key to everybody who reads the log.
 *
 * @param what what was to be named, for the message: `private key`
 * @throws PaletteEdgeError `KEY_INVALID` (kind usage), which quotes nothing of it
 */
export function refuseKeyText(path: string, what: string): void {
  if (!/-----BEGIN |AGE-SECRET-KEY-/i.test(path)) return;
  throw new PaletteEdgeError(
    'KEY_INVALID',
    `the text of a key was given in place of the path of the ${what}`,
    {
      kind: 'usage',
      suggestions: [
        'Name the file that holds it. What is in a variable comes out of a pipe: <(printenv NAME)',
        'If others may have seen the command, make a new key: its arguments are for all to see.',
      ],
    },
  );
}
