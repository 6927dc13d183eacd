import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { requireTool } from '../../support/required-tools.ts';

/** Reads pieces, each after its length in 4 bytes, and writes the raw stream of each in the same way. */
const pythonProgram = `
import struct, sys, zlib
level, memory = int(sys.argv[1]), int(sys.argv[2])
data = sys.stdin.buffer.read()
at = 0
while at < len(data):
    size, = struct.unpack_from('<I', data, at)
    encoder = zlib.compressobj(level, zlib.DEFLATED, -15, memory)
    stream = encoder.compress(data[at + 4:at + 4 + size]) + encoder.flush()
    sys.stdout.buffer.write(struct.pack('<I', len(stream)) + stream)
    at += 4 + size
`;

const headerSize = 10;
const trailerSize = 8;
const maxBuffer = 2 ** 28;

/** What zlib writes for each of these inputs: Debian's own, which its Python uses. */
export function zlibDeflate(
  plains: readonly Uint8Array[],
  { level, memLevel }: { readonly level: number; readonly memLevel: number },
): readonly Buffer[] {
  const input = Buffer.concat(
    plains.flatMap((plain) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(plain.length);
      return [length, plain];
    }),
  );
  const settings = ['-c', pythonProgram, String(level), String(memLevel)];
  const output = execFileSync(requireTool('/usr/bin/python3'), settings, { input, maxBuffer });
  const streams: Buffer[] = [];
  for (let at = 0; at < output.length;) {
    const end = at + 4 + output.readUInt32LE(at);
    streams.push(output.subarray(at + 4, end));
    at = end;
  }
  return streams;
}

/** What a program that packs files writes for each of these inputs between header and trailer. */
export function packedFiles(
  plains: readonly Uint8Array[],
  program: 'gzip' | 'pigz',
  flags: readonly string[],
): readonly Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), 'packed-files-'));
  try {
    const paths = plains.map((_, index) => join(folder, `plain${index}`));
    for (const [index, path] of paths.entries()) writeFileSync(path, plains[index] ?? '');
    execFileSync(requireTool(program), ['-n', ...flags, ...paths]);
    return paths.map((path) => readFileSync(`${path}.gz`).subarray(headerSize, -trailerSize));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
