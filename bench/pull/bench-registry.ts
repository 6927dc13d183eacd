import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A docker-registry whose storage outlives it. */
export interface BenchRegistry {
  readonly host: string;
  readonly port: number;
  /** A place in its log, for `bodyBytesSince`. */
  logPosition(): Promise<number>;
  /** Bytes of all bodies that it answered with since then. */
  bodyBytesSince(position: number): Promise<number>;
  stop(): Promise<void>;
}

const program = 'docker-registry';

/** Starts Debian's docker-registry on a free loopback port, with the storage in `folder`. It logs to a file: nobody reads along. */
export async function startBenchRegistry(folder: string): Promise<BenchRegistry> {
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'config.json');
  const logPath = join(folder, 'registry.log');
  // JSON is YAML, which is what docker-registry reads.
  await writeFile(config, JSON.stringify(configuration(folder)));
  await using log = await open(logPath, 'w');
  const child = spawn(program, ['serve', config], { stdio: ['ignore', log.fd, log.fd] });
  const ended = once(child, 'exit');
  // Whatever fails: it must not outlive this process.
  process.once('exit', () => child.kill('SIGKILL'));
  const port = await Promise.race([
    listeningPort(logPath),
    ended.then(async () => {
      throw new Error(`docker-registry ended: ${await readFile(logPath, 'utf8')}`);
    }),
  ]);
  return {
    host: `127.0.0.1:${port}`,
    port,
    logPosition: async () => (await stat(logPath)).size,
    bodyBytesSince: async (position) => bodyBytes((await readFile(logPath)).subarray(position).toString()),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function configuration(folder: string): object {
  return {
    version: 0.1,
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0' },
  };
}

async function listeningPort(logPath: string): Promise<number> {
  for (;;) {
    const [, port = ''] = /listening on 127\.0\.0\.1:(\d+)/.exec(await readFile(logPath, 'utf8')) ?? [];
    if (port !== '') return Number(port);
    await wait(20);
  }
}

function bodyBytes(log: string): number {
  return [...log.matchAll(/"http\.response\.written":(\d+)/g)].reduce(
    (sum, [, bytes]) => sum + Number(bytes),
    0,
  );
}
