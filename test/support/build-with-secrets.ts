import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';

import { helperPath } from './credential-helpers.ts';
import { startServer } from './loopback-server.ts';
import { secretsBelow, secretsIn } from './planted-secrets.ts';
import { runCli } from './run-cli.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const password = 'pa55-s3cret&more';

export const identityToken = 'identity-s3cret';

export const token = 'bearer-s3cret';

export const signature = 'signature-s3cret';

export const proxyPassword = 'proxy-s3cret';

export const secrets = [password, identityToken, token, signature, proxyPassword];

/** Where the secrets are planted: files of the folder that a run may hold them in. */
const keepers = [
  '.docker/config.json',
  'creds.json',
  'palette-edge.yaml',
  'kept',
  'environment',
  'docker-credential-bad',
];

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** What a server echoes of a request: the header as it came, and what is in it. */
function echo({ headers, url }: IncomingMessage): string {
  const { authorization = '' } = headers;
  const decoded = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
  const message = `who is ${authorization}, ${decoded}, at ${url}`;
  return JSON.stringify({ errors: [{ code: 'ECHO', message, detail: message }], message, details: message });
}

/** Refuses, and repeats what it was asked. */
export const refuse =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(echo(request));

const challenge = { 'www-authenticate': 'Basic realm="test"' };

/** A registry that wants Basic, and answers those who have it in some way. */
export const behindBasic =
  (answer: Answer): Answer =>
  (request, response) =>
    request.headers.authorization === undefined
      ? refuse(401, challenge)(request, response)
      : answer(request, response);

export interface Run {
  readonly answer?: Answer;
  readonly files?: (host: string) => Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: (host: string) => readonly string[];
  readonly prepare?: (folder: string) => Promise<void>;
  /** Whether somebody on the machine looks at its process, which is its own then. */
  readonly isWatched?: boolean;
}

/** A Docker config with the password for a host. */
export function dockerConfig(host: string): Record<string, string> {
  const auth = Buffer.from(`edge:${password}`).toString('base64');
  return { '.docker/config.json': JSON.stringify({ auths: { [host]: { auth } } }) };
}

/** Builds from a registry of its own, and tells how it ended and where secrets came out. */
export async function buildWithSecrets(given: Run, more: readonly string[] = []) {
  const {
    answer = refuse(401, challenge),
    files = dockerConfig,
    env = {},
    prepare,
    isWatched = false,
  } = given;
  const folder = await temporaryFolder();
  let pid: number | undefined;
  let seenByOthers = '';
  const server = await startServer((request, response) => {
    // While it runs, anybody on the machine can read this.
    if (pid !== undefined) seenByOthers += readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    answer(request, response);
  });
  await writeFiles(folder, files(server.host));
  await prepare?.(folder);
  const args = given.args?.(server.host) ?? ['--plain-http', server.host];
  const run = await runCli(
    ['build', '--image', `${server.host}/org/app:1`, '--output', 'b.tar.zst', ...args, ...more],
    {
      cwd: folder,
      env: { PATH: helperPath(folder), ...env },
      ...(isWatched && { onStart: (child: ChildProcess) => (pid = child.pid) }),
    },
  );
  const leaks = [
    ...secretsIn(run.stdout + run.stderr, secrets),
    ...secretsIn(seenByOthers, secrets),
    ...(await secretsBelow(folder, secrets, keepers)),
  ];
  return { ...run, folder, server, leaks, seenByOthers };
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
