import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { programStreams } from '../../support/program-streams.ts';
import { requireTool } from '../../support/required-tools.ts';

/** A program for {@link programStreams}. */
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

/** What zlib writes for each of these inputs: Debian's own, which its Python uses. */
export function zlibDeflate(
  plains: readonly Uint8Array[],
  { level, memLevel }: { readonly level: number; readonly memLevel: number },
): readonly Buffer[] {
  const settings = [String(level), String(memLevel)];
  return programStreams([requireTool('/usr/bin/python3'), '-c', pythonProgram, ...settings], plains);
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
