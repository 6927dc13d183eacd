import { access, chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { runProgram } from '../../src/runtime/run-program.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();

/** A program of a few lines of shell; `$1` is the folder that it is in. */
async function program(...lines: readonly string[]): Promise<{ path: string; folder: string }> {
  const folder = await temporaryFolder();
  const path = join(folder, 'tool');
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
  return { path, folder };
}

/** Pieces in one buffer, which is used again as soon as a piece was taken. */
async function* pieces(count: number): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = Buffer.alloc(70_000);
  for (let index = 0; index < count; index += 1) {
    yield await Promise.resolve(buffer.fill(index));
    buffer.fill(255);
  }
}

describe('the input', () => {
  test('arrives, whatever becomes of its memory', async () => {
    const { path, folder } = await program('cat > "$1/got"', 'echo done');
    expect(await runProgram(path, [folder], { signal, input: pieces(20) })).toBe('done');
    const expected = Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(70_000, index)));
    expect((await readFile(join(folder, 'got'))).equals(expected)).toBe(true);
  });

  test('that fails kills the program before it sees an end', async () => {
    const { path, folder } = await program('cat > "$1/got"', 'touch "$1/ended"');
    const damage = new PaletteEdgeError('BUNDLE_DAMAGED', 'damaged', { kind: 'content' });
    async function* failing() {
      yield* pieces(3);
      throw damage;
    }
    await expect(runProgram(path, [folder], { signal, input: failing() })).rejects.toBe(damage);
    await expect(access(join(folder, 'ended'))).rejects.toThrow('ENOENT');
  });

  test('is no longer read when the program has ended', async () => {
    const { path, folder } = await program('echo "error: not an archive" >&2', 'exit 3');
    let isLeft = false;
    async function* endless() {
      try {
        for (;;) yield await Promise.resolve(Buffer.alloc(70_000));
      } finally {
        isLeft = true;
      }
    }
    const error = await rejection(runProgram(path, [folder], { signal, input: endless() }));
    expect(error).toMatchObject({ code: 'RUNTIME_FAILED', kind: 'failure' });
    expect(error.message).toContain('error: not an archive');
    expect(isLeft).toBe(true);
  });
});

test('an interruption ends the program', async () => {
  const { path, folder } = await program('touch "$1/began"', 'cat > /dev/null', 'exec sleep 600');
  const controller = new AbortController();
  const reason = new Error('interrupted');
  async function* waiting() {
    yield await Promise.resolve(Buffer.from('x'));
    controller.abort(reason);
    yield Buffer.from('y');
  }
  const run = runProgram(path, [folder], { signal: controller.signal, input: waiting() });
  await expect(run).rejects.toBe(reason);
});

test.each([
  ['ctr: failed to dial "/run/x.sock": context deadline exceeded', 'RUNTIME_UNREACHABLE', 'network'],
  ['Cannot connect to the Docker daemon at unix:///x. Is it running?', 'RUNTIME_UNREACHABLE', 'network'],
  ['ctr: dial unix /run/x.sock: connect: permission denied', 'RUNTIME_DENIED', 'authentication'],
  ['Error: write /var/tmp/x: no space left on device', 'DISK_FULL', 'disk'],
  ['ctr: unexpected EOF', 'RUNTIME_FAILED', 'failure'],
])('%j is told as %s', async (said, code, kind) => {
  const { path } = await program(`printf '%s\\n' 'Copying' '${said}' >&2`, 'exit 1');
  const error = await rejection(runProgram(path, [], { signal }));
  expect(error).toMatchObject({ code, kind });
  expect(error.message).toContain(said);
});

test('all that podman says of an archive is told, without its progress', async () => {
  const lines = [
    "'Copying blob'",
    "'Error: payload does not match:'",
    "' * oci-archive: no tar'",
    "' * dir: no'",
  ];
  const { path } = await program(`printf '%s\\n' ${lines.join(' ')} >&2`, 'exit 125');
  const { message } = await rejection(runProgram(path, [], { signal }));
  expect(message).toBe(`${path} failed: Error: payload does not match: * oci-archive: no tar * dir: no`);
});

test('a program that says nothing is told by how it ended', async () => {
  const { path } = await program('exit 7');
  const error = await rejection(runProgram(path, [], { signal }));
  expect(error.message).toContain('it ended with exit code 7');
  const { path: killed } = await program('kill -9 $$');
  expect((await rejection(runProgram(killed, [], { signal }))).message).toContain('SIGKILL');
});

test('a program that is not there is named', async () => {
  const error = await rejection(runProgram('no-such-runtime', [], { signal }));
  expect(error).toMatchObject({ code: 'RUNTIME_MISSING', kind: 'notFound' });
});

test('a program that does not answer is given up', async () => {
  const { path } = await program('exec sleep 600');
  const error = await rejection(runProgram(path, [], { signal, timeout: 50 }));
  expect(error.message).toContain('it took longer than 0.05 s');
});

test('what a program says cannot steer a terminal', async () => {
  const { path } = await program(String.raw`printf 'error \033[2J\n' >&2`, 'exit 1');
  expect((await rejection(runProgram(path, [], { signal }))).message).not.toContain('\u001B');
});
