import { wordDiskError } from '../errors.ts';

/** The side that is read, for messages. */
export function readingFrom(folder: string): string {
  return `reading from the store ${folder}`;
}

/** The side that is written, for messages. */
export function writingTo(folder: string): string {
  return `writing to the store ${folder}`;
}

/** Does work on the files of a store; a failure of the disk is worded, anything else passes. */
export async function onStoreDisk<T>(side: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw wordDiskError(error, side);
  }
}
