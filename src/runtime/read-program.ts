import { execa } from 'execa';

import { programFailure } from './run-program.ts';

/**
 * What a program prints, piece by piece; see `runProgram` for how it is run. It ends with the iteration, however that ends.
 *
 * @throws as `runProgram`, instead of ending, when the program fails
 */
export async function* readProgram(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal.throwIfAborted();
  const child = execa(program, [...args], {
    env: { LC_ALL: 'C' },
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'buffer',
    // It is not kept: of what it complains about there is little.
    buffer: { stdout: false, stderr: true },
    maxBuffer: { stderr: maxComplaint },
    cancelSignal: signal,
    windowsHide: true,
  });
  // Waited for in any case: a process that nobody waits for is left behind.
  const ended = child.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  let isRead = false;
  try {
    for await (const piece of child.stdout) yield asBytes(piece);
    isRead = true;
  } finally {
    if (!isRead) child.kill('SIGTERM');
    await ended;
  }
  const failure = await ended;
  signal.throwIfAborted();
  if (failure !== undefined) throw programFailure(program, failure.error, undefined);
}

/** Of what a program complains about, in bytes. */
const maxComplaint = 1024 * 1024;

function asBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError('a program without an encoding prints bytes');
}
