import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { onTestFinished } from 'vitest';

import { requireTool } from './required-tools.ts';

/** A command line that runs a program somewhere. */
export type Enter = (
  program: string,
  ...args: readonly string[]
) => readonly [program: string, args: readonly string[]];

/** Runs a program where the test is. */
export const enterNothing: Enter = (program, ...args) => [program, args];

/**
 * A network with loopback and nothing else: a namespace without an interface or a route that leads out of it. It ends with the
 * running test. Wants root, as containerd does.
 *
 * @returns how to run programs in it
 */
export async function startLoneNetwork(): Promise<Enter> {
  const script = '"$0" ip link set lo up && echo up && exec cat';
  const holder = spawn(requireTool('unshare'), ['--net', 'sh', '-c', script, requireTool('busybox')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(holder, 'close');
  onTestFinished(async () => {
    holder.stdin.end();
    await closed;
  });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('error', reject);
    holder.once('close', () => reject(new Error('there is no network namespace')));
  });
  return (program, ...args) => [
    requireTool('nsenter'),
    [`--net=/proc/${holder.pid}/ns/net`, '--', program, ...args],
  ];
}
