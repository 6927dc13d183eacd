import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { enterNothing } from './lone-network.ts';
import { requireTool } from './required-tools.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * Starts a containerd of our own with everything in a temporary folder; it ends with the running test.
 *
 * @param enter where it runs
 * @returns its socket
 */
export async function startContainerd(enter = enterNothing): Promise<string> {
  const folder = await temporaryFolder();
  const address = join(folder, 'containerd.sock');
  await writeFile(
    join(folder, 'config.toml'),
    [
      'version = 2',
      `root = "${join(folder, 'root')}"`,
      `state = "${join(folder, 'state')}"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      '[grpc]',
      `address = "${address}"`,
      '[ttrpc]',
      `address = "${join(folder, 'ttrpc.sock')}"`,
    ].join('\n'),
  );
  const [program, args] = enter(requireTool('containerd'), '-c', join(folder, 'config.toml'));
  const daemon = spawn(program, [...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(async () => {
    const ended = once(daemon, 'exit');
    daemon.kill();
    await ended;
  });
  // Read to its end: a closed pipe would end the daemon with SIGPIPE at its next line.
  await new Promise<void>((resolve, reject) => {
    daemon.stderr.on('data', (lines: Buffer) => {
      if (lines.includes('successfully booted')) resolve();
    });
    daemon.once('error', reject);
    daemon.once('exit', () => reject(new Error('containerd ended')));
  });
  return address;
}
