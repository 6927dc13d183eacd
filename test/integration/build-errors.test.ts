import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { flip } from '../support/flip.ts';
import { startServer, unusedHost } from '../support/loopback-server.ts';
import { pushImage } from '../support/push-image.ts';
import { runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { noise } from '../support/sample-bundle.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { smallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { failure, told } from '../support/told.ts';

const login = { username: 'edge', password: 'right' };

const tagged = { tag: '1.0' };

let registry: DockerRegistry;

beforeAll(async () => {
  registry = await startDockerRegistry({ login });
  const blobs = new MemoryBlobs();
  const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const origin = `http://${registry.host}`;
  for (const name of ['app', 'other']) {
    const target = { origin, repository: `edge/${name}`, headers: { authorization } };
    await pushImage(target, blobs, { root: addImage(blobs, noise(300_000, name.length)), ...tagged });
  }
});

afterAll(async () => await registry.stop());

describe('bad input is one clear message and its exit code', () => {
  test('a profile that is missing', async () => {
    const run = await build(['--profile', 'missing.yaml']);
    expect(told(run)).toEqual(
      failure(4, 'FILE_NOT_FOUND', 'reading the profile missing.yaml failed: no such file or folder'),
    );
  });

  test('broken YAML, with its line', async () => {
    const run = await build(['--profile', 'broken.yaml'], {
      'broken.yaml': 'metadata:\n  name: x\n spec: [\n',
    });
    expect(told(run)).toEqual(failure(2, 'YAML_INVALID', 'broken.yaml:3:'));
  });

  test('two infrastructure profiles, naming both', async () => {
    const run = await build(['--profile', 'a.yaml', '--profile', 'b.yaml'], {
      'a.yaml': profileText('first', 'infra', '- image: x:1'),
      'b.yaml': profileText('second', 'infra', '- image: y:1'),
    });
    expect(told(run)).toEqual(failure(2, 'TWO_INFRASTRUCTURE_PROFILES', 'first 1.0.0 (infra, a.yaml)'));
    expect(run.stderr).toContain('second 1.0.0 (infra, b.yaml)');
  });

  test('a macro that nothing resolves, naming pack, key and macro', async () => {
    const run = await build(['--profile', 'a.yaml'], {
      'a.yaml': profileText('p', 'add-on', '- image: "{{.spectro.macro.host}}/app:1"'),
    });
    expect(told(run)).toEqual(failure(2, 'MACRO_UNRESOLVED', 'pack thing, pack.content.images[0]'));
    expect(run.stderr).toContain('{{.spectro.macro.host}} cannot be resolved');
    expect(run.stderr).toContain('--macro host=VALUE');
  });

  test('a malformed reference, with the place it came from', async () => {
    const run = await build(['--images-file', 'images.txt'], {
      'images.txt': 'nginx:1\n\nghcr.io/Org/App:1\n',
    });
    expect(told(run)).toEqual(
      failure(2, 'REFERENCE_INVALID', 'images.txt:3: "ghcr.io/Org/App:1" is no image reference'),
    );
  });

  test('nothing to bundle', async () => {
    expect(told(await build([]))).toEqual(
      failure(2, 'NO_INPUT', 'nothing was given that could name an image'),
    );
    const empty = await build(['--images-file', 'images.txt'], { 'images.txt': '# none yet\n' });
    expect(told(empty)).toEqual(failure(2, 'NO_IMAGES', 'there is nothing to bundle'));
  });

  test('a flag that does not exist', async () => {
    expect(told(await build(['--colour']))).toEqual(failure(2, 'USAGE', '--colour'));
  });
});

describe('registries', () => {
  test('an image that is not there, and who asked for it', async () => {
    const run = await build(['--images-file', 'images.txt', ...access('right')], {
      'images.txt': `${registry.host}/edge/app:1.0\n${registry.host}/edge/app:9.9\n`,
    });
    expect(told(run)).toEqual(failure(4, 'IMAGES_FAILED', `1 of 2 images failed`));
    expect(run.stderr).toContain(`${registry.host}/edge/app:9.9 was not found`);
    expect(run.stderr).toContain('asked for by images.txt:2');
  });

  test('a wrong password, without showing it', async () => {
    const run = await build(['--image', `${registry.host}/edge/app:1.0`, ...access('wr0ng-s3cret')]);
    expect(told(run)).toEqual(failure(3, 'IMAGES_FAILED', 'access denied'));
    expect(run.stderr).toContain('the credentials are those of the credentials file creds.json');
    expect(run.stderr).not.toContain('wr0ng-s3cret');
  });

  test('no password at all', async () => {
    const run = await build(['--image', `${registry.host}/edge/app:1.0`, '--plain-http', registry.host]);
    expect(told(run)).toEqual(failure(3, 'IMAGES_FAILED', `no credentials for ${registry.host} were found`));
  });

  test('a refused connection', async () => {
    const host = await unusedHost();
    const run = await build(['--image', `${host}/edge/app:1.0`, '--plain-http', host]);
    expect(told(run)).toEqual(failure(6, 'IMAGES_FAILED', `${host}: the connection was refused`));
  });

  test('plain HTTP that was not allowed', async () => {
    const run = await build(['--image', `${registry.host}/edge/app:1.0`]);
    expect(told(run)).toEqual(failure(6, 'IMAGES_FAILED', 'the server does not speak HTTPS'));
    expect(run.stderr).toContain('--plain-http');
  });

  test('a blob with another content than its digest: expected and received, and nothing is kept of it', async () => {
    const liar = await startLiar();
    const folder = await temporaryFolder();
    const args = ['--image', `${liar}/edge/app:1.0`, '--plain-http', liar, '--store', 'store'];
    const run = await build(
      [...args, '--cred-file-path', 'creds.json'],
      {
        'creds.json': credentialsText('right', liar),
      },
      folder,
    );
    expect(told(run)).toEqual(failure(5, 'IMAGES_FAILED', 'does not match its digest: expected sha256:'));
    expect(await readdir(join(folder, 'store/ingest'))).toEqual([]);
  });

  test('--skip-missing writes the rest and exits with 8', async () => {
    const folder = await temporaryFolder();
    const images = ['edge/app:1.0', 'edge/app:9.9', 'edge/other:1.0'].map(
      (name) => `${registry.host}/${name}`,
    );
    const files = { 'images.txt': images.join('\n') };
    const run = await build(
      ['--images-file', 'images.txt', '--skip-missing', ...access('right')],
      files,
      folder,
    );
    expect(run.code).toBe(8);
    expect(run.stdout).toContain('1 image failed and not in the bundle:');
    const [content = ''] = (await readdir(folder)).filter((name) => name.startsWith('content-'));
    const [file = ''] = (await readdir(join(folder, content))).filter((name) => name.endsWith('.zst'));
    const path = join(content, file);
    const { stdout } = await runCli(['inspect', path], { cwd: folder });
    expect(stdout).toContain('edge/app:1.0');
    expect(stdout).not.toContain('edge/app:9.9');
    expect((await runCli(['verify', path], { cwd: folder })).code).toBe(0);
  });
});

describe('disks', () => {
  test('too little space is told before anything is pulled', async () => {
    await using disk = await smallDisk(64 * 1024);
    const folder = await temporaryFolder();
    const image = ['--image', `${registry.host}/edge/app:1.0`, ...access('right')];
    const run = await build(
      [...image, '--store', 'store', '--output', join(disk.path, 'b.tar.zst')],
      {},
      folder,
    );
    expect(told(run)).toEqual(failure(7, 'NOT_ENOUGH_SPACE', 'too little free space'));
    expect(await readdir(disk.path)).toEqual([]);
  });

  test('a folder that cannot be written to', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    const image = ['--image', `${registry.host}/edge/app:1.0`, ...access('right')];
    const run = await build([...image, '--output', 'file/b.tar.zst'], {}, folder);
    expect(told(run)).toEqual(failure(2, 'NOT_A_FOLDER', 'a part of the path is a file'));
  });
});

test('--json gives the error as a document on stdout, and nothing on stderr', async () => {
  const run = await build(['--image', `${registry.host}/edge/app:9.9`, ...access('right'), '--json']);
  expect(run.code).toBe(4);
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout).error).toMatchObject({
    code: 'IMAGES_FAILED',
    exitCode: 4,
    details: {
      failures: [
        { reference: `${registry.host}/edge/app:9.9`, code: 'IMAGE_NOT_FOUND', origins: [{ kind: 'flag' }] },
      ],
    },
  });
});

/** Runs a build in a folder with some files, credentials among them. */
async function build(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
  folder?: string,
): Promise<CliRun> {
  const cwd = folder ?? (await temporaryFolder());
  const password = args.includes('wr0ng-s3cret') ? 'wr0ng-s3cret' : 'right';
  const all = { 'creds.json': credentialsText(password, registry.host), ...files };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), text);
  }
  const run = await runCli(['build', ...args.filter((arg) => arg !== password)], { cwd });
  expect(
    (await readdir(cwd)).filter((name) => run.code !== 0 && run.code !== 8 && name.startsWith('content-')),
  ).toEqual([]);
  return run;
}

/** Flags for the registry; the password that stands at the end is taken by {@link build}. */
function access(password: string): string[] {
  return ['--plain-http', registry.host, '--cred-file-path', 'creds.json', password];
}

function credentialsText(password: string, endpoint: string): string {
  return JSON.stringify({ image: [{ endpoint, username: login.username, password }] });
}

function profileText(name: string, type: string, image: string): string {
  const values = `pack:\n  content:\n    images:\n      ${image}\n`;
  const packs = [{ name: 'thing', type: 'spectro', layer: type === 'infra' ? 'os' : 'addon', values }];
  return JSON.stringify({ metadata: { name }, spec: { version: '1.0.0', template: { type, packs } } });
}

/** The registry, but every layer it gives has a wrong byte. */
async function startLiar(): Promise<string> {
  const { host } = await startServer((request, response) => {
    const { authorization, accept = '' } = request.headers;
    const headers = {
      host: registry.host,
      accept,
      ...(authorization === undefined ? {} : { authorization }),
    };
    const asked = httpRequest(
      { host: '127.0.0.1', port: registry.port, path: request.url, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        const isBlob = request.url?.includes('/blobs/') === true;
        answer.on('data', (bytes: Buffer) => response.write(isBlob ? flip(bytes, bytes.length - 1) : bytes));
        answer.on('end', () => response.end());
      },
    );
    request.pipe(asked);
  });
  return host;
}
