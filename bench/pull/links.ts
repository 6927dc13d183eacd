import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { isRecord } from '../../src/io/is-record.ts';
import type { BenchRegistry } from './bench-registry.ts';

const runFile = promisify(execFile);

/** What lies between the contestants and the registry. */
export interface Link {
  /** HOST:PORT that the contestants are told. */
  readonly host: string;
  readonly description: string;
  /** Starts to count; the function it returns says how many bytes went over the link since then. */
  startCount(): Promise<() => Promise<number>>;
  stop(): Promise<void>;
}

/** Nothing between: what went over it is what the registry says it answered, without heads. */
export function loopbackLink(registry: BenchRegistry): Link {
  return {
    host: registry.host,
    description: 'loopback',
    startCount: async () => {
      const position = await registry.logPosition();
      return async () => await registry.bodyBytesSince(position);
    },
    stop: async () => await Promise.resolve(),
  };
}

/** A link with a round trip (ms) and a rate (Mbit/s) for each direction; every byte counts, heads and both directions. */
export async function shapedLink(
  registry: BenchRegistry,
  { roundTrip, rate }: { readonly roundTrip: number; readonly rate: number },
): Promise<Link> {
  const script = fileURLToPath(new URL('shaped-link.ts', import.meta.url));
  const child = fork(script, [registry.port, roundTrip, rate].map(String));
  const answer = async (name: string): Promise<number> => {
    const [message]: unknown[] = await once(child, 'message');
    const value = isRecord(message) ? message[name] : undefined;
    if (typeof value !== 'number') throw new Error(`the shaped link did not say its ${name}`);
    return value;
  };
  const port = await answer('port');
  const count = async (): Promise<number> => {
    child.send('count');
    return await answer('bytes');
  };
  return {
    host: `127.0.0.1:${port}`,
    description: `${rate} Mbit/s with a round trip of ${roundTrip} ms`,
    startCount: async () => {
      const before = await count();
      return async () => (await count()) - before;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

/** What curl says of one download. */
export async function measureLink(url: string): Promise<string> {
  const format = '%{http_code} %{time_starttransfer} %{speed_download}';
  const { stdout } = await runFile('curl', ['-sS', '-o', '/dev/null', '-w', format, url]);
  const [status, firstByte = '', speed = ''] = stdout.split(' ');
  const rate = ((Number(speed) * 8) / 1e6).toFixed(1);
  return `curl: ${status}, first byte after ${(Number(firstByte) * 1000).toFixed(0)} ms, ${rate} Mbit/s`;
}
