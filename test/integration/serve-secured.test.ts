import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import type { ServeConfigResult } from '../../src/workflows/serve-config.ts';
import { helm } from '../support/helm.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { sampleServedBundle } from '../support/sample-served-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { getTrusting } from '../support/trusting-client.ts';

const run = promisify(execFile);
const sample = await sampleServedBundle();
const flags = ['serve', 'edge.tar.zst', '--tls-self-signed', '--username', 'edge'];

async function site(): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'edge.tar.zst'), sample.bytes);
  return cwd;
}

/** The host that a server tells on standard output. */
async function hostOf({ stdout }: ChildProcess): Promise<string> {
  const told = Promise.withResolvers<string>();
  let shown = '';
  stdout?.on('data', (text: Buffer) => {
    shown += String(text);
    const host = /^Serving on https:\/\/(\S+)[^]*, logged in as edge\n$/.exec(shown)?.[1];
    if (host !== undefined) told.resolve(host);
  });
  stdout?.once('close', () => told.reject(new Error(`it ended before it served anything: ${shown}`)));
  return await told.promise;
}

/** Serves from the command line with the password on standard input, until it was used. */
async function serve(cwd: string, use: (host: string) => Promise<void>): Promise<CliRun> {
  const used = Promise.withResolvers<void>();
  const [ended] = await Promise.all([
    runCli([...flags, '--listen', '127.0.0.1:0', '--access-log'], {
      cwd,
      input: 's3cret\n',
      onStart: (child) => {
        const using = hostOf(child).then(use);
        used.resolve(using.finally(() => child.kill('SIGINT')));
      },
    }),
    used.promise,
  ]);
  return ended;
}

test('skopeo and Helm log in, and trust the certificate that was written', async () => {
  const cwd = await site();
  const ended = await serve(cwd, async (host) => {
    const folder = await temporaryFolder();
    const authority = join(cwd, 'palette-edge-serve.crt');
    await mkdir(join(folder, 'certs'));
    await copyFile(authority, join(folder, 'certs', 'ca.crt'));
    const source = ['--src-cert-dir', join(folder, 'certs'), '--src-creds', 'edge:s3cret'];
    const target = [`docker://${host}/docker.io/library/nginx:1.27`, `dir:${join(folder, 'image')}`];
    await run(requireTool('skopeo'), ['copy', '--preserve-digests', ...source, ...target]);
    const copied = await readFile(join(folder, 'image', 'manifest.json'));
    expect(copied.equals(sample.blobs.get(sample.nginx.digest))).toBe(true);
    const login = ['--username', 'edge', '--password', 's3cret', '--ca-file', authority];
    const from = [`oci://${host}/stable/thing`, '--version', '1.2.3+b5', '--destination', folder];
    await helm(folder, 'pull', ...from, ...login);
    expect((await readFile(join(folder, 'thing-1.2.3+b5.tgz'))).equals(sample.chart)).toBe(true);
    const trusted = await readFile(authority, 'utf8');
    expect(await getTrusting(`https://${host}/healthz`, trusted)).toMatchObject({ status: 200 });
    expect(await getTrusting(`https://${host}/v2/`, trusted)).toMatchObject({ status: 401 });
  });
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^GET \/healthz 200 20\nGET \/v2\/ 401 \d+$/m),
  });
  expect(ended.stdout).toMatch(/^ {2}Certificate {2}palette-edge-serve\.crt, self-signed, made now$/m);
  expect(ended.stdout + ended.stderr).not.toContain('s3cret');
});

test('the configuration of clients has the certificate that is served with', async () => {
  const cwd = await site();
  const print = [
    ...flags,
    '--listen',
    '127.0.0.1:5080',
    '--print-config',
    'podman',
    '--config-folder',
    'client',
  ];
  const { files, origin } = await runCliJson<ServeConfigResult>(print, { cwd });
  expect(origin).toBe('https://127.0.0.1:5080');
  const written = await readFile(join(cwd, 'client/etc/containers/certs.d/127.0.0.1:5080/ca.crt'), 'utf8');
  expect(files.map(({ text }) => text)).toContain(written);
  const ended = await serve(cwd, async (host) => {
    expect(await getTrusting(`https://${host}/healthz`, written)).toMatchObject({ status: 200 });
  });
  expect(ended.stdout).toMatch(/^ {2}Certificate {2}palette-edge-serve\.crt, self-signed$/m);
});

test.each([
  [['--tls-cert', 'a.crt'], 'USAGE'],
  [['--tls-cert', 'a.crt', '--tls-key', 'a.key', '--tls-self-signed'], 'USAGE'],
  [['--tls-cert', 'edge.tar.zst', '--tls-key', 'edge.tar.zst'], 'FILE_NOT_TEXT'],
  [['--password-file', 'a'], 'USAGE'],
  [['--username', 'edge'], 'LOGIN_INVALID'],
  [['--print-config', 'docker'], 'USAGE'],
  [['--config-folder', 'client'], 'USAGE'],
  [['--print-config', 'k3s', '--listen', '0.0.0.0:0'], 'ADVERTISE_MISSING'],
])('%j is refused', async (args, name) => {
  const ended = await runCli(['serve', 'edge.tar.zst', ...args], { cwd: await site() });
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining(`Code: ${name}\n`),
  });
});
