import { open } from 'node:fs/promises';

import { unlessMissing } from './unless-missing.ts';

/**
 * The text of a file.
 *
 * @param most bytes
 * @returns undefined when there is none, or it is longer
 * @throws the system's error
 */
export async function readSmallFile(path: string, most: number): Promise<string | undefined> {
  const file = await unlessMissing(open(path, 'r'));
  if (file === undefined) return undefined;
  try {
    return (await file.stat()).size > most ? undefined : await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
