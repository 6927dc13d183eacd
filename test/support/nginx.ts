import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { unusedHost } from './loopback-server.ts';
import { requireTool } from './required-tools.ts';

/** A running nginx; ends with the running test. */
export interface Nginx {
  /** Where the first of its addresses is: `127.0.0.1:<port>`. */
  readonly host: string;
  /** Status and request of every answer: `429 GET /v2/ -`, with the encoding of the body at the end. */
  answers(): Promise<string[]>;
  /** Ends its worker in the middle of whatever it does; the master starts another one. */
  killWorker(): void;
  /** Has it read its configuration again: a new worker takes over, the old one ends what it is at. */
  reload(): void;
}

/** What an nginx does. */
export interface NginxOptions {
  /** How many addresses it listens on. */
  readonly listeners: number;
  /** What stands in the `http` block, for these addresses. */
  readonly http: (hosts: readonly string[]) => string;
}

const attempts = 5;

/** Starts nginx on free loopback ports. @throws Error that says what to install when it is missing */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'palette-edge-nginx-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  for (let attempt = 1; ; attempt += 1) {
    const hosts: string[] = [];
    while (hosts.length < options.listeners) hosts.push(await unusedHost());
    await writeFile(join(folder, 'nginx.conf'), configuration(folder, options.http(hosts)));
    try {
      return { host: hosts.at(0) ?? '', ...(await run(folder)) };
    } catch (error) {
      // Somebody else may have taken the port meanwhile: nginx cannot choose one itself.
      if (attempt === attempts || !String(error).includes('Address already in use')) throw error;
    }
  }
}

async function run(folder: string): Promise<Omit<Nginx, 'host'>> {
  const child = spawn(requireTool('nginx'), ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(async () => await end(child));
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (workersIn(log).length > 0) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`nginx ended with ${code}: ${log}`)));
  });
  return {
    answers: async () => (await readFile(join(folder, 'access.log'), 'utf8')).split('\n').filter(Boolean),
    killWorker: () => {
      const worker = workersIn(log).at(-1);
      if (worker !== undefined) process.kill(worker, 'SIGKILL');
    },
    reload: () => void child.kill('SIGHUP'),
  };
}

/** The processes of all workers that it told of, the newest one last. */
function workersIn(log: string): number[] {
  return [...log.matchAll(/start worker process (\d+)/g)].map((match) => Number(match[1]));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  // At once, but in order: a master that is killed leaves its workers behind.
  child.kill('SIGTERM');
  await ended;
}

function configuration(folder: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off;
    worker_processes 1;
    pid ${folder}/nginx.pid;
    error_log stderr notice;
    events { worker_connections 256; }
    http {
      log_format answers '$status $request_method $request_uri $sent_http_content_encoding';
      access_log ${folder}/access.log answers;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
      proxy_buffering off;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      ${http}
    }`;
}
