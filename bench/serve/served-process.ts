import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { peakMemory } from '../../test/support/peak-memory.ts';

/** `serve` in a process of its own. */
export interface ServedProcess {
  /** Asks for a path below `/v2/`, again and again until something listens. */
  get(path: string): Promise<IncomingMessage>;
  /** The most memory that it had so far (VmHWM), in bytes. */
  peak(): number;
  stop(): Promise<void>;
}

/** Starts `serve`; what it is asked for next waits until it listens. */
export function startServe(command: readonly [string, ...string[]], port: number): ServedProcess {
  const [program, ...args] = command;
  const child = spawn(program, [...args, '--listen', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} does not start`);
  return {
    get: async (path) => await untilAnswered(child, `http://127.0.0.1:${port}/v2/${path}`),
    peak: () => peakMemory(pid),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    },
  };
}

async function untilAnswered(server: ChildProcess, url: string): Promise<IncomingMessage> {
  while (server.exitCode === null) {
    try {
      return await answer(url);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ECONNREFUSED') throw error;
      await sleep(2);
    }
  }
  throw new Error(`serve ended with ${server.exitCode}`);
}

async function answer(url: string): Promise<IncomingMessage> {
  const sent = request(url, { agent: false }).end();
  return await new Promise((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${url}: ${response.statusCode}`));
    });
  });
}
