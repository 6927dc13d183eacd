import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { goProgram } from './go-program.ts';
import { listen } from './loopback-server.ts';
import type { TlsFiles } from './tls-files.ts';

/** A running S3 server with storage of its own. */
export interface S3Server {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** A bucket that is there, and empty. */
  readonly bucket: string;
  /** What its objects are files in. */
  readonly folder: string;
  /** What commands and `readS3Settings` need to reach it. Over plain HTTP hosts have to be allowed besides. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its access log so far: a line for each request, once it was answered. */
  log(): string;
  stop(): Promise<void>;
}

/** What is special about a server. */
export interface S3ServerOptions {
  /** HTTPS instead of plain HTTP. */
  readonly tls?: TlsFiles;
  readonly region?: string;
}

/** The keys that every server of the tests knows. */
export const s3Keys = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-key-0123456789' };

/** Starts an S3 server on a loopback port of its own, with one empty bucket. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const root = await mkdtemp(join(tmpdir(), 'palette-edge-s3-'));
  const bucket = 'bundles';
  const folder = join(root, 'buckets', bucket);
  await mkdir(folder, { recursive: true });
  const host = await freeHost();
  const region = options.region ?? 'us-east-1';
  const child = spawn(goProgram('versitygw'), programArguments({ host, region, root }, options), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(root, { recursive: true, force: true });
  };
  try {
    await accepting(host, child);
  } catch (error) {
    await stop();
    throw new Error(`versitygw does not start: ${log}`, { cause: error });
  }
  const environment = {
    AWS_ACCESS_KEY_ID: s3Keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3Keys.secretAccessKey,
    AWS_REGION: region,
    AWS_ENDPOINT_URL_S3: `${options.tls === undefined ? 'http' : 'https'}://${host}`,
  };
  return { host, bucket, folder, environment, log: () => log, stop };
}

function programArguments(
  { host, region, root }: { readonly host: string; readonly region: string; readonly root: string },
  { tls }: S3ServerOptions,
): string[] {
  const certificate = tls === undefined ? [] : ['--cert', tls.certificatePath, '--key', tls.keyPath];
  const { accessKeyId, secretAccessKey } = s3Keys;
  const keys = ['--access', accessKeyId, '--secret', secretAccessKey, '--region', region];
  return ['--port', host, '--keep-alive', ...keys, ...certificate, 'posix', join(root, 'buckets')];
}

/** It does not tell which port it got when it may choose one. */
async function freeHost(): Promise<string> {
  const server = createServer();
  const host = await listen(server);
  server.close();
  await once(server, 'close');
  return host;
}

/** Waits until it takes connections. */
async function accepting(host: string, child: ChildProcess): Promise<void> {
  const port = Number(host.split(':')[1]);
  const ended = new AbortController();
  const end = (): void => ended.abort(new Error('it has ended'));
  child.once('exit', end);
  child.once('error', end);
  for (;;) {
    ended.signal.throwIfAborted();
    const socket = connect(port, '127.0.0.1');
    const answer = await Promise.race([
      once(socket, 'connect').then(
        () => 'connected',
        () => 'refused',
      ),
      once(ended.signal, 'abort'),
    ]);
    socket.destroy();
    if (answer === 'connected') return;
    await new Promise(setImmediate);
  }
}
