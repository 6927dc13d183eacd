import { createReadStream } from 'node:fs';

/**
 * Reads a file, which may be a pipe or a device: those do not say how large they are. Of one that is too large it gives one byte more than it may have,
 * so that whoever looks at the bytes says so.
 *
 * @param most bytes that it may have
 * @throws the system's error
 */
export async function readCappedFile(path: string, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of createReadStream(path, { end: most })) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
