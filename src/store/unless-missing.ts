import { systemErrorCode } from '../errors.ts';

/** What a look at the disk gives, or undefined when the file or folder is not there. */
export async function unlessMissing<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
