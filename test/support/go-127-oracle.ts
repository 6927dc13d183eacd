import { buildGoProgram } from './build-go-program.ts';
import { goFlateWriter, goStreamsMain } from './go-streams-main.ts';
import { programStreams } from './program-streams.ts';

/**
 * What compress/flate of Go 1.27 writes.
 *
 * @throws Error with what Go said
 */
export function go127Deflate(plain: Uint8Array, level: number): Buffer {
  return programStreams([go127Oracle(), String(level)], [plain])[0] ?? Buffer.alloc(0);
}

/** The path of the Go program, which is built once. */
export function go127Oracle(): string {
  const module = 'module oracle\ngo 1.21\n';
  const files = { 'main.go': goStreamsMain, 'writer.go': goFlateWriter, 'go.mod': module };
  return buildGoProgram({ files, toolchain: 'go1.27.4' });
}
