import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { InspectResult } from '../../src/workflows/inspect-bundle.ts';
import { startChartRepository } from '../support/chart-repository.ts';
import { helperPath, helperRuns, writeKeepingHelper } from '../support/credential-helpers.ts';
import { deltaFlags, deltaPair } from '../support/delta-pair.ts';
import { goProgram } from '../support/go-program.ts';
import { requireTool } from '../support/required-tools.ts';
import { sampleChart } from '../support/sample-charts.ts';
import { squeezable, squeezableBundle } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const programFor = (arch: string) => join(root, 'standalone', `palette-edge-linux-${arch}`);
const program = programFor(process.arch);
/** A bundle, made by the executable itself where nothing else is. */
const bundle = 'palette-edge-demo/demo.tar.zst';

/** A root folder with the executable and the libraries that it names, and not one file more: no shell, no /etc, no /proc. */
let bare: string;

beforeAll(async () => {
  await buildStandalone();
  bare = await mkdtemp(join(tmpdir(), 'palette-edge-bare-'));
  await copyFile(program, join(bare, 'palette-edge'));
  const { stdout } = await run('ldd', [program]);
  for (const [library] of stdout.matchAll(/\/\S+/g)) {
    await mkdir(dirname(join(bare, library)), { recursive: true });
    await copyFile(library, join(bare, library));
    // The loader of programs is one itself.
    await chmod(join(bare, library), 0o755);
  }
}, 300_000);
afterAll(async () => void (await run(...asRoot('rm', '-rf', bare))));

describe('where nothing is but the executable and its libraries', () => {
  test('the demo ends with a verified bundle, and inspect and verify read it', async () => {
    const demo = await inBare('demo');
    expect(demo).toMatchObject({ code: 0 });
    expect(demo.stdout).toContain(`${bundle} is whole: demo-edge`);
    const shown = await inBare('inspect', bundle, '--json');
    const { inventory }: InspectResult = JSON.parse(shown.stdout);
    expect(inventory.images).toHaveLength(7);
    // Other threads hash and decompress.
    const verified = await inBare('verify', bundle);
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.stdout).toContain(`${bundle} is whole: demo-edge`);
  });

  test('squeeze writes less, and extract gives back the exact layers', async () => {
    const plain = join(await temporaryFolder(), 'edge.tar.zst');
    await writeFile(plain, (await squeezableBundle({ more: false })).bytes);
    await run(...asRoot('cp', plain, join(bare, 'edge.tar.zst')));
    const squeezed = await inBare('squeeze', 'edge.tar.zst');
    expect(squeezed.stdout).toContain('GNU gzip level 6');
    const image = ['--image', squeezable.single, '--output', 'single.tar', '--format', 'oci-archive'];
    expect(await inBare('extract', 'edge.squeezed.tar.zst', ...image)).toMatchObject({ code: 0 });
  });

  test('a delta bundle is made with patches of layers, and applied', async () => {
    const folder = await temporaryFolder();
    const pair = await deltaPair(folder);
    // Layers of bases are decompressed there, in files without names.
    await run(...asRoot('mkdir', '-p', join(bare, 'var/tmp')));
    await run(...asRoot('cp', pair.old, pair.next, bare));
    const built = await inBare('build', ...deltaFlags(pair), '--json');
    const { bundle: delta }: BuildResult = JSON.parse(built.stdout);
    expect(delta?.squeezed?.delta?.changed.layers).toBe(1);
    expect(await inBare('apply', 'edge.delta.tar.zst', '--base', 'v1.tar.zst')).toMatchObject({ code: 0 });
  });

  test('serve answers pulls, and Ctrl-C ends it', async () => {
    const child = spawnInBare('serve', bundle, '--listen', '127.0.0.1:0');
    const ended = outcome(child);
    const origin = await addressOf(child);
    const tags = await fetch(`${origin}/v2/demo/coredns/tags/list`);
    expect(await tags.json()).toMatchObject({ tags: ['1.12.3'] });
    const manifest = await fetch(`${origin}/v2/demo/coredns/manifests/1.12.3`);
    const digest = `sha256:${createHash('sha256')
      .update(new Uint8Array(await manifest.arrayBuffer()))
      .digest('hex')}`;
    expect(manifest.headers.get('docker-content-digest')).toBe(digest);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0 });
  });

  test('help, wrong commands and wrong flags are worded as everywhere', async () => {
    const help = await inBare('--help');
    expect(help.stdout).toContain('$ palette-edge [COMMAND]');
    const ofBuild = await inBare('build', '--help');
    const sources = await run(process.execPath, [join(root, 'bin/dev.js'), 'build', '--help'], {
      env: { PATH: process.env['PATH'] },
    });
    expect(ofBuild.stdout).toBe(sources.stdout);
    const misspelt = await inBare('bulid');
    expect(misspelt).toMatchObject({ code: 2 });
    expect(misspelt.stderr).toContain('Did you mean this? palette-edge build');
    const wrong = await inBare('inspect', '--nonsense');
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('Nonexistent flag: --nonsense');
  });
});

describe('on a machine with other programs', () => {
  test('files beside it, and what developers set, change nothing', async () => {
    const folder = await temporaryFolder();
    await copyFile(program, join(folder, 'palette-edge'));
    await writeFile(
      join(folder, 'package.json'),
      '{"name":"other","version":"9.9.9","oclif":{"plugins":["x"]}}',
    );
    await writeFile(join(folder, 'oclif.manifest.json'), '{"version":"0.1.0","commands":{}}');
    const env = { NODE_ENV: 'development', HOME: folder };
    const shown = await outcome(spawn(join(folder, 'palette-edge'), ['--help'], { cwd: folder, env }));
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('palette-edge-content-builder/');
    expect(shown.stdout).toContain('verify');
  });

  test('logout asks the credential helper that is on the PATH', async () => {
    const cwd = await temporaryFolder();
    await writeKeepingHelper(cwd, 'box');
    await writeFile(join(cwd, 'config.json'), '{"credsStore": "box"}');
    const env = { PATH: helperPath(cwd), HOME: cwd, DOCKER_CONFIG: cwd };
    await outcome(spawn(program, ['logout', 'registry.example.com'], { cwd, env }));
    const { runs } = await helperRuns(cwd);
    expect(runs.map((line) => line.replace(/^.* /, ''))).toContain('get');
  });

  test('a build renders a chart with the Helm that is on the PATH', async () => {
    const cwd = await temporaryFolder();
    const template = 'kind: Pod\nspec: {containers: [{image: "quay.io/example/{{ .Release.Name }}:7"}]}\n';
    const archive = await sampleChart('web', '1.2.3', {
      files: [['web/templates/pod.yaml', Buffer.from(`apiVersion: v1\n${template}`)]],
    });
    const { host } = await startChartRepository(
      new Map<string, string | Uint8Array>([
        ['/index.yaml', 'entries:\n  web:\n  - version: 1.2.3\n    urls: [web.tgz]\n'],
        ['/web.tgz', archive],
      ]),
    );
    await writeFile(join(cwd, 'profile.json'), profileWithChart(`http://${host}`));
    const args = ['build', '--dry-run', '--profile', 'profile.json', '--plain-http', host];
    const planned = async (path: string) =>
      await outcome(spawn(program, args, { cwd, env: { HOME: cwd, PATH: path } }));
    const helm = goProgram('helm');
    const path = isAbsolute(helm) ? dirname(helm) : (process.env['PATH'] ?? '');
    expect((await planned(path)).stderr).toContain('quay.io/example/web:7 is in no image list');
    expect((await planned(cwd)).stderr).toContain('VALUES_ONLY_READ');
  });
});

test('the executable for the other architecture starts, and reads a bundle with its threads', async () => {
  const cwd = await temporaryFolder();
  await run(program, ['demo'], { cwd, env: { HOME: cwd } });
  const emulated = async (...args: readonly string[]) => {
    const emulator = ['-L', '/usr/aarch64-linux-gnu', programFor('arm64'), ...args];
    return await run(requireTool('qemu-aarch64-static'), emulator, { cwd, env: { HOME: cwd } });
  };
  requireTool('/usr/aarch64-linux-gnu/lib/libc.so.6');
  requireTool('/usr/aarch64-linux-gnu/lib/libstdc++.so.6');
  expect((await emulated('verify', bundle)).stdout).toContain(`${bundle} is whole`);
}, 180_000);

test('what is built again is the same, byte for byte, and knows nothing of where it was built', async () => {
  const folder = await temporaryFolder();
  await buildStandalone('--arch', process.arch, '--out', folder);
  const again = await readFile(join(folder, `palette-edge-linux-${process.arch}`));
  expect(again.equals(await readFile(program))).toBe(true);
  expect(again.includes(root)).toBe(false);
}, 180_000);

function profileWithChart(repository: string): string {
  const charts = [{ repo: repository, name: 'web', version: '1.2.3' }];
  const values = JSON.stringify({ pack: { content: { images: [], charts } } });
  const packs = [{ name: 'web', type: 'spectro', layer: 'addon', version: '1.0.0', values }];
  return JSON.stringify({
    metadata: { name: 'shop' },
    spec: { version: '1.0.0', template: { type: 'add-on', packs } },
  });
}

async function buildStandalone(...args: readonly string[]): Promise<void> {
  await run(process.execPath, [join(root, 'scripts/build-standalone.mjs'), ...args]);
}

/** The address that a server tells on standard output. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  const told = Promise.withResolvers<string>();
  let shown = '';
  stdout?.on('data', (piece: Buffer) => {
    shown += String(piece);
    const origin = /^Serving on (http:\/\/\S+)[^]*over plain HTTP\n$/.exec(shown)?.[1];
    if (origin !== undefined) told.resolve(origin);
  });
  stdout?.once('close', () => told.reject(new Error(`it ended before it served anything: ${shown}`)));
  return await told.promise;
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function outcome(child: ChildProcess): Promise<Outcome> {
  if (child.stdout === null || child.stderr === null) throw new TypeError('its output is piped');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

async function inBare(...args: readonly string[]): Promise<Outcome> {
  return await outcome(spawnInBare(...args));
}

/** With no environment at all. */
function spawnInBare(...args: readonly string[]): ChildProcess {
  return spawn(...asRoot(requireTool('chroot'), bare, '/palette-edge', ...args), { env: {} });
}

/** The command, or sudo with it: only root may do this. */
function asRoot(command: string, ...args: readonly string[]): [command: string, args: string[]] {
  return process.getuid?.() === 0 ? [command, [...args]] : ['/usr/bin/sudo', ['-n', command, ...args]];
}
