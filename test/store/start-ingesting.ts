import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

import type { IngestEvent, IngestJob } from './ingesting-process.ts';

/** A process that ingests, seen from the test. */
export interface IngestingProcess {
  /** Lets a paced one give that many pieces. */
  feed(pieces: number): void;
  /** Waits until it tells something that fits, or ends; what it told before is not looked at again. */
  until(fits: (event: IngestEvent) => boolean): Promise<void>;
  /** Waits until it ends by itself, well. Everything that it told. */
  end(): Promise<readonly IngestEvent[]>;
  /** Kills it, so that it cannot clean up. Everything that it told. */
  kill(): Promise<readonly IngestEvent[]>;
}

const script = fileURLToPath(new URL('ingesting-process.ts', import.meta.url));

/** @param limit of the size of files, in blocks of 512 bytes: a full disk for everybody, root or not */
export function startIngesting(job: IngestJob, limit?: number): IngestingProcess {
  const node = [process.execPath, script, JSON.stringify(job)];
  const limited = `ulimit -f ${limit ?? 'unlimited'} && exec "$@"`;
  const child = spawn('sh', ['-c', limited, 'sh', ...node], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  // A killed process takes no more lines.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const told: IngestEvent[] = [];
  const next = async () => {
    const { value, done } = await lines.next();
    if (done === true) return undefined;
    const event: IngestEvent = JSON.parse(value);
    told.push(event);
    return event;
  };
  const rest = async () => {
    while ((await next()) !== undefined);
    return await ended;
  };
  return {
    feed: (pieces) => void child.stdin.write('\n'.repeat(pieces)),
    until: async (fits) => {
      for (let event = await next(); event !== undefined; event = await next()) if (fits(event)) return;
    },
    end: async () => {
      const [code] = await rest();
      if (code !== 0) throw new Error(`it ended with ${code}; it told ${JSON.stringify(told)}`);
      return told;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await rest();
      return told;
    },
  };
}
