import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system of its own that is full after a few bytes. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
}

/**
 * Mounts a tmpfs.
 *
 * @throws Error that says what is needed when this user may not mount
 */
export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'palette-edge-disk-'));
  try {
    await sudo('mount', '-t', 'tmpfs', '-o', `size=${bytes},mode=1777`, 'tmpfs', path);
  } catch (error) {
    await rm(path, { recursive: true });
    throw new Error('this test mounts a tmpfs: run it as root, or with sudo that asks no password', {
      cause: error,
    });
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await sudo('umount', path);
      await rm(path, { recursive: true });
    },
  };
}

async function sudo(program: string, ...args: readonly string[]): Promise<void> {
  if (process.getuid?.() === 0) await run(program, [...args]);
  else await run('sudo', ['-n', program, ...args]);
}
