import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { TlsFiles } from './tls-files.ts';

/** A running docker-registry with storage of its own. */
export interface DockerRegistry {
  readonly host: string;
  readonly port: number;
  /** Where its blobs are. */
  readonly folder: string;
  /** What it wrote so far, access log included. */
  log(): string;
  stop(): Promise<void>;
}

export interface DockerRegistryOptions {
  /** Basic authentication with this one user. */
  readonly login?: { readonly username: string; readonly password: string };
  readonly tls?: TlsFiles;
  /** Pulls what it does not have from here: a pull-through cache of this registry, as `http://127.0.0.1:5000`. */
  readonly remoteUrl?: string;
}

const program = 'docker-registry';
const runFile = promisify(execFile);

/**
 * Starts Debian's docker-registry on a free loopback port.
 *
 * @throws Error that says what to install when a program is missing
 */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'palette-edge-registry-'));
  try {
    return await serve(folder, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function serve(folder: string, options: DockerRegistryOptions): Promise<DockerRegistry> {
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify(await configuration(folder, options)));
  const child = spawn(program, ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const port = await new Promise<number>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      log += chunk.toString();
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(log)?.[1];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', (error) => reject(missing(error, program, 'docker-registry')));
    child.once('exit', (code) => reject(new Error(`docker-registry ended with ${code}: ${log}`)));
  });
  return {
    host: `127.0.0.1:${port}`,
    port,
    folder,
    log: () => log,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** JSON is YAML, which is what docker-registry reads. */
async function configuration(folder: string, options: DockerRegistryOptions): Promise<object> {
  const { login, tls, remoteUrl } = options;
  const htpasswd = join(folder, 'htpasswd');
  if (login !== undefined) {
    const { stdout } = await runFile('htpasswd', ['-Bbn', login.username, login.password]).catch(
      (error: unknown) => {
        throw missing(error, 'htpasswd', 'apache2-utils');
      },
    );
    await writeFile(htpasswd, stdout);
  }
  return {
    version: 0.1,
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      ...(tls && { tls: { certificate: tls.certificatePath, key: tls.keyPath } }),
    },
    ...(remoteUrl !== undefined && { proxy: { remoteurl: remoteUrl } }),
    ...(login && { auth: { htpasswd: { realm: 'test', path: htpasswd } } }),
  };
}

function missing(error: unknown, name: string, debianPackage: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') return error;
  return new Error(`this test needs the program ${name}: install it with apt-get install ${debianPackage}`, {
    cause: error,
  });
}
