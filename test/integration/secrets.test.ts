import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { digestOf, toDigest } from '../../src/oci/digest.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { walkImage } from '../../src/oci/image-graph.ts';
import { helperPath, helperRuns, writeHelper, writeKeepingHelper } from '../support/credential-helpers.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { secretsBelow, secretsIn } from '../support/planted-secrets.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli } from '../support/run-cli.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { profileFile } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { withoutWaits } from '../support/without-waits.ts';

const password = 'pa55-s3cret&more';
const identityToken = 'identity-s3cret';
const token = 'bearer-s3cret';
const signature = 'signature-s3cret';
const proxyPassword = 'proxy-s3cret';
const secrets = [password, identityToken, token, signature, proxyPassword];

/** Where the secrets are planted: files of the folder that a run may hold them in. */
const keepers = [
  '.docker/config.json',
  'creds.json',
  'palette-edge.yaml',
  'kept',
  'environment',
  'docker-credential-bad',
];

const ociPack = { name: 'web', type: 'oci', values: '' };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** What a server echoes of a request: the header as it came, and what is in it. */
function echo({ headers, url }: IncomingMessage): string {
  const { authorization = '' } = headers;
  const decoded = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
  const message = `who is ${authorization}, ${decoded}, at ${url}`;
  return JSON.stringify({ errors: [{ code: 'ECHO', message, detail: message }], message, details: message });
}

const refuse =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(echo(request));

const challenge = { 'www-authenticate': 'Basic realm="test"' };

/** A registry that wants Basic, and answers those who have it in some way. */
const behindBasic =
  (answer: Answer): Answer =>
  (request, response) =>
    request.headers.authorization === undefined
      ? refuse(401, challenge)(request, response)
      : answer(request, response);

interface Run {
  readonly answer?: Answer;
  readonly files?: (host: string) => Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: (host: string) => readonly string[];
  readonly prepare?: (folder: string) => Promise<void>;
  /** Whether somebody on the machine looks at its process, which is its own then. */
  readonly isWatched?: boolean;
}

function dockerConfig(host: string): Record<string, string> {
  const auth = Buffer.from(`edge:${password}`).toString('base64');
  return { '.docker/config.json': JSON.stringify({ auths: { [host]: { auth } } }) };
}

/** Builds from a registry of its own, and tells how it ended and where secrets came out. */
async function build(given: Run, more: readonly string[] = []) {
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

describe.each([
  ['as text', []],
  ['with --json', ['--json']],
])('no secret comes out, %s,', (_how, more) => {
  test.each<[what: string, exit: number, given: Run]>([
    ['of a password that is refused', 3, { isWatched: true }],
    ['of a password that has no right', 3, { answer: behindBasic(refuse(403)) }],
    ['of a password, by a registry without the image', 4, { answer: behindBasic(refuse(404)) }],
    ['of a password, by a registry that fails', 6, { answer: behindBasic(refuse(501)) }],
    [
      'of a password in Palette’s file',
      3,
      {
        files: (endpoint) => ({
          'creds.json': JSON.stringify({ image: [{ endpoint, username: 'edge', password }] }),
        }),
        args: (host) => ['--plain-http', host, '--cred-file-path', 'creds.json'],
      },
    ],
    ['of a password, by a login server', 3, { answer: wantsToken(refuse(401)) }],
    [
      'of an identity token, by a login server',
      3,
      {
        answer: wantsToken(refuse(400)),
        files: (host) => ({
          '.docker/config.json': JSON.stringify({ auths: { [host]: { identitytoken: identityToken } } }),
        }),
      },
    ],
    [
      'of a login server whose answer makes no sense',
      3,
      {
        answer: wantsToken((_, response) => response.end(JSON.stringify({ token: `${token}\n`, password }))),
      },
    ],
    [
      'of a token that is refused',
      3,
      { answer: wantsToken((_, response) => response.end(JSON.stringify({ token }))) },
    ],
    [
      'of a helper that fails',
      3,
      {
        files: () => ({ '.docker/config.json': '{"credsStore": "bad"}' }),
        prepare: async (folder) =>
          await writeHelper(folder, 'bad', `echo '${password}'; echo '${password}' >&2; exit 1`),
      },
    ],
    [
      'of a Docker config that makes no sense',
      2,
      { files: () => ({ '.docker/config.json': `{"auths": {"a": {"auth": "${password}"` }) },
    ],
    [
      'of a config file that makes no sense',
      2,
      { files: () => ({ 'palette-edge.yaml': `concurrency: {${password}: x}\nplain-http: "${password}` }) },
    ],
    [
      'of a config file with a value of the wrong type',
      2,
      { files: () => ({ 'palette-edge.yaml': `skip-missing: "${password}"\n` }) },
    ],
    [
      'of a proxy that is not there',
      6,
      {
        args: () => [],
        env: { HTTPS_PROXY: `http://edge:${proxyPassword}@127.0.0.1:9`, NO_PROXY: 'none.test' },
        files: () => ({}),
      },
    ],
    ...[`https://edge:${password}@a.test/x`, `a.test/x?sig=${signature}`].flatMap((server) =>
      ['', '1.0.0'].map((version): [string, number, Run] => [
        `of a pack of the version "${version}" whose registry is ${server.slice(0, 12)}`,
        3,
        {
          files: (host) => ({
            ...dockerConfig(host),
            'kept/profile.json': profileFile([{ ...ociPack, server, version }]).text,
          }),
          args: (host) => ['--plain-http', host, '--profile', 'kept/profile.json'],
        },
      ]),
    ),
    ['of a proxy that is none', 2, { env: { HTTPS_PROXY: `http://edge:${proxyPassword}@:x` } }],
    [
      'of a registry with a password in its name',
      2,
      { args: () => ['--plain-http', `edge:${password}@a.test`] },
    ],
  ])('%s', async (...[, exit, given]) => {
    const { code, leaks, stdout, stderr } = await build(given, more);
    expect({ code, leaks, told: stdout + stderr }).toEqual({
      code: exit,
      leaks: [],
      told: expect.stringMatching(/\w/),
    });
  });
});

describe('a build of blobs behind signed links', () => {
  test.each<[what: string, storage: Answer | 'nowhere' | undefined, exit: number]>([
    ['that work', undefined, 0],
    ['that are refused', refuse(403), 6],
    ['that lead nowhere', 'nowhere', 6],
  ])('%s', async (...[, storage, exit]) => {
    const { blobs, serve } = await sampleRegistry();
    const good: Answer = ({ url = '' }, response) => response.end(blobs.find(digestIn(url)));
    const answer = storage === undefined || storage === 'nowhere' ? good : storage;
    const host = storage === 'nowhere' ? await unusedHost() : (await startServer(answer)).host;
    const link = (digest: string) => `http://${host}/${digest}?X-Amz-Signature=${signature}&user=edge`;
    const { code, leaks, folder, stdout, stderr, seenByOthers } = await build({
      answer: behindBasic(serve(link)),
      args: (registry) => ['--plain-http', registry, '--plain-http', host],
      env: withoutWaits,
      isWatched: true,
    });
    expect({ code, leaks, told: stdout + stderr }).toMatchObject({ code: exit, leaks: [] });
    expect(seenByOthers).toContain('--plain-http');
    const bundle = exit === 0 ? await unpacked(join(folder, 'b.tar.zst')) : '';
    expect(bundle.includes('org/app')).toBe(exit === 0);
    expect(secretsIn(bundle, secrets)).toEqual([]);
  });
});

describe.each([
  ['as text', []],
  ['as a tree', ['--explain']],
  ['with --json', ['--json']],
])('the query of a chart repository does not come out %s', (_how, more) => {
  test.each([
    ['of resolve', 0, ['resolve']],
    ['of a definition that is written', 0, ['resolve', '--write', 'd.yaml', '--offline']],
    ['of a build that is refused', 3, ['build', '--output', 'b.tar.zst']],
  ])('%s', async (_what, exit, args) => {
    const { host } = await startServer(refuse(401));
    const folder = await temporaryFolder();
    const chart = `{repo: "http://${host}/stable?token=${token}", name: web, version: 1.0.0}`;
    const values = `pack: {content: {images: [], charts: [${chart}]}}`;
    await writeFile(join(folder, 'p.json'), profileFile([values]).text);
    const flags = args[0] === 'build' ? more.filter((flag) => flag !== '--explain') : more;
    const run = await runCli([...args, '--profile', 'p.json', '--plain-http', host, ...flags], {
      cwd: folder,
    });
    expect(run).toMatchObject({ code: exit });
    expect(run.stdout + run.stderr).toMatch(/web|chart/);
    expect(secretsIn(run.stdout + run.stderr, secrets)).toEqual([]);
    expect(await secretsBelow(folder, secrets, ['p.json'])).toEqual([]);
  });
});

test('a helper is told a password on its standard input, and asked without one', async () => {
  const { folder, leaks } = await build({
    isWatched: true,
    files: () => ({ '.docker/config.json': '{"credsStore": "box"}' }),
    prepare: async (place) => {
      await writeKeepingHelper(place, 'box');
      await writeFile(join(place, 'kept'), JSON.stringify({ Username: 'edge', Secret: password }));
    },
  });
  expect(leaks).toEqual([]);
  const { runs, environment } = await helperRuns(folder);
  expect(runs).toEqual([`${folder}/docker-credential-box get`]);
  expect(secretsIn(environment, secrets)).toEqual([]);
});

test('this test would find a secret', async () => {
  const folder = await temporaryFolder();
  const encoded = Buffer.from(`edge:${password}`).toString('base64');
  await writeFile(join(folder, 'log'), `Authorization: Basic ${encoded}`);
  expect(secretsIn(`x ${encodeURIComponent(password)}`, secrets)).toEqual([password]);
  expect(await secretsBelow(folder, secrets, [])).toEqual([`log: ${password}`]);
  expect(await secretsBelow(folder, secrets, ['log'])).toEqual([]);
});

/** Wants a token of its own login server, which answers so; takes none. */
function wantsToken(loginServer: Answer): Answer {
  return (request, response) => {
    const realm = `http://${request.headers.host}/login`;
    if (request.url?.startsWith('/login') === true) loginServer(request, response);
    else refuse(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` })(request, response);
  };
}

/** One small image, as a registry serves it that has its blobs behind links. */
async function sampleRegistry() {
  const blobs = new MemoryBlobs();
  const root = addImage(blobs, 'hello');
  const fetch = async ({ digest }: { readonly digest: typeof root.digest }) =>
    await Promise.resolve(blobs.get(digest));
  await walkImage('app', root, { fetch, platforms: undefined });
  const serve =
    (link: (digest: string) => string): Answer =>
    ({ url = '' }, response) => {
      if (url.includes('/blobs/')) {
        response.writeHead(307, { location: link(digestIn(url)) }).end();
        return;
      }
      const bytes = url.endsWith('/1') ? blobs.get(root.digest) : blobs.find(digestIn(url));
      if (bytes === undefined) response.writeHead(404).end();
      else
        response
          .writeHead(200, { 'content-type': root.mediaType, 'docker-content-digest': digestOf(bytes) })
          .end(bytes);
    };
  return { blobs, serve };
}

function digestIn(url: string): Digest {
  return toDigest(/(?<=sha256:)[0-9a-f]{64}/.exec(url)?.[0] ?? '');
}

async function unpacked(path: string): Promise<string> {
  const options = { encoding: 'latin1', maxBuffer: 64 * 1024 * 1024 } as const;
  return (await promisify(execFile)(requireTool('zstd'), ['-dc', path], options)).stdout;
}
