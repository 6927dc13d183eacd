import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { onTestFinished } from 'vitest';

import { requireTool } from './required-tools.ts';

/** Starts `openssl s_server` on a free loopback port: unlike Node it says why it does not like a client certificate. */
export async function startOpensslServer(options: readonly string[]): Promise<string> {
  const server = spawn(requireTool('openssl'), ['s_server', '-accept', '127.0.0.1:0', '-www', ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(server, 'close');
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await ended;
  });
  for await (const line of createInterface(server.stdout)) {
    const port = /^ACCEPT .*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return `127.0.0.1:${port}`;
  }
  throw new Error('openssl s_server did not start');
}
