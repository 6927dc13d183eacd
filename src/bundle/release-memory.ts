/** More than the pools that Node cuts small buffers from have: what is larger has memory of its own. */
const leastBytes = 1024 * 1024;

/**
 * Gives back the memory of bytes that nobody needs any more, which are then gone. The garbage collector finds them, too, but lets
 * some 60 MB of them lie before it looks.
 */
export function releaseMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= leastBytes) buffer.transfer(0);
}
