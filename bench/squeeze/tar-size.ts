import { open } from 'node:fs/promises';

/** Bytes of what a gzip file of one member holds, from its trailer (RFC 1952, ISIZE): right below 4 GiB. */
export async function tarSize(path: string): Promise<number> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, size - 4);
  return buffer.readUInt32LE();
}
