import { spawnSync } from 'node:child_process';

/**
 * What a program writes for each of these inputs. It reads them from stdin, each after its length in 4 bytes, little-endian, and writes
 * its streams in the same way.
 *
 * @throws Error with what the program said
 */
export function programStreams(
  [program, ...args]: readonly [string, ...string[]],
  plains: readonly Uint8Array[],
): readonly Buffer[] {
  const input = Buffer.concat(plains.flatMap((plain) => [lengthOf(plain), plain]));
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input,
    maxBuffer: 2 * input.length + 2 ** 20,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} failed: ${stderr.toString()}`);
  const streams: Buffer[] = [];
  for (let at = 0; at < stdout.length;) {
    const end = at + 4 + stdout.readUInt32LE(at);
    streams.push(stdout.subarray(at + 4, end));
    at = end;
  }
  if (streams.length !== plains.length) {
    throw new Error(`${program} wrote ${streams.length} streams for ${plains.length} inputs`);
  }
  return streams;
}

function lengthOf(plain: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(plain.length);
  return length;
}
