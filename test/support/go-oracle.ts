import { execFileSync } from 'node:child_process';

import { buildGoProgram } from './build-go-program.ts';
import { goFlateWriter, goStreamsMain } from './go-streams-main.ts';
import { programStreams } from './program-streams.ts';

/**
 * What the Go on this machine, before 1.27, writes for each of these inputs: raw streams, as compress/gzip has them between the header and
 * the trailer of a file, too.
 *
 * @throws Error with what Go said
 */
export function goDeflate(plains: readonly Uint8Array[], level: number): readonly Buffer[] {
  return programStreams([goOracle(), String(level)], plains);
}

/** The path of the Go program, which is built once for each release of Go. */
function goOracle(): string {
  const version = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim();
  if (!/^go1\.(?:[89]|1\d|2[0-6])(?:\D|$)/.test(version)) {
    throw new Error(`this test needs Go 1.8 to 1.26, whose compress/flate it compares with: ${version}`);
  }
  const module = `module oracle\ngo 1.21\n// For ${version}\n`;
  return buildGoProgram({
    files: { 'main.go': goStreamsMain, 'writer.go': goFlateWriter, 'go.mod': module },
  });
}
