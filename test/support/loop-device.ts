import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { onTestFinished } from 'vitest';

import { requireTool } from './required-tools.ts';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/** A block device over a file of the running test. */
export interface LoopDevice {
  /** `/dev/loop3` */
  readonly path: string;
  /** The file: what stands for a serial number. */
  readonly file: string;
}

/** How a loop device is set up. */
export interface LoopOptions {
  /** Bytes. */
  readonly size: number;
  readonly isReadOnly?: boolean;
}

/**
 * Attaches a loop device over an empty file; it is detached when the running test ends.
 *
 * @throws Error that says what is needed when this user may not do that
 */
export async function loopDevice({ size, isReadOnly = false }: LoopOptions): Promise<LoopDevice> {
  const file = join(await temporaryFolder(), 'drive.img');
  const handle = await open(file, 'w');
  await handle.truncate(size);
  await handle.close();
  return await attachLoop(file, isReadOnly ? ['--read-only'] : []);
}

/** Attaches a loop device over a file or another device. */
export async function attachLoop(file: string, flags: readonly string[] = []): Promise<LoopDevice> {
  const path = await losetup('--find', '--show', '--partscan', ...flags, file);
  onTestFinished(async () => void (await losetup('--detach', path)));
  return { path, file };
}

async function losetup(...args: readonly string[]): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('this test attaches loop devices: run it as root');
  const { stdout } = await run(requireTool('losetup'), [...args]);
  return stdout.trim();
}
