import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import {
  behindBasic,
  buildWithSecrets,
  dockerConfig,
  identityToken,
  password,
  proxyPassword,
  refuse,
  secrets,
  signature,
  token,
} from '../support/build-with-secrets.ts';
import type { Answer, Run } from '../support/build-with-secrets.ts';
import { helperRuns, writeHelper, writeKeepingHelper } from '../support/credential-helpers.ts';
import { startServer } from '../support/loopback-server.ts';
import { secretsBelow, secretsIn } from '../support/planted-secrets.ts';
import { runCli } from '../support/run-cli.ts';
import { profileFile } from '../support/sample-profiles.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ociPack = { name: 'web', type: 'oci', values: '' };

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
    const { code, leaks, stdout, stderr } = await buildWithSecrets(given, more);
    expect({ code, leaks, told: stdout + stderr }).toEqual({
      code: exit,
      leaks: [],
      told: expect.stringMatching(/\w/),
    });
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
  const { folder, leaks } = await buildWithSecrets({
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
