import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { InspectResult } from '../../src/workflows/inspect-bundle.ts';
import { deltaFlags, deltaPair } from '../support/delta-pair.ts';
import { helpOfEach } from '../support/help-of-each.ts';
import { nodeBinary, nodeMajors } from '../support/node-versions.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import type { CliOptions } from '../support/run-cli.ts';
import { squeezable, squeezableBundle } from '../support/squeezable-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
/** Without the place where Node keeps what it compiled: it would keep that of a folder that goes away. */
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
let folder: string;
let entry: string;

/** What `npm install -g` would bring: the package as it is published, with its dependencies and no development ones. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palette-edge-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  // The build says something before, perhaps.
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[')));
  await writeFile(join(folder, 'package.json'), '{"private": true}');
  const install = [
    'install',
    '--omit=dev',
    '--prefer-offline',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    join(folder, packed.filename),
  ];
  await run('npm', install, { cwd: folder });
  entry = join(folder, 'node_modules/palette-edge-content-builder/bin/run.js');
}, 300_000);
afterAll(async () => await rm(folder, { recursive: true, force: true }));

test('the package has the program, its man pages, the demo, what addresses lead to, and nothing else', async () => {
  const names = await readdir(join(folder, 'node_modules/palette-edge-content-builder'));
  expect(names.toSorted()).toEqual([
    'LICENSE',
    'README.md',
    'bin',
    'dist',
    'docs',
    'fixtures',
    'man',
    'oclif.manifest.json',
    'package.json',
  ]);
  expect(await readdir(join(folder, 'node_modules/palette-edge-content-builder/fixtures'))).toEqual(['demo']);
  // What statements and definitions have the addresses of.
  const docs = await readdir(join(folder, 'node_modules/palette-edge-content-builder/docs'));
  expect(docs.toSorted()).toEqual(['provenance.md', 'schemas']);
  const pages = await readdir(join(folder, 'node_modules/palette-edge-content-builder/man/man1'));
  expect(pages).toEqual(expect.arrayContaining(['palette-edge.1', 'palette-edge-usb-write.1']));
  const executable = await run(join(folder, 'node_modules/.bin/palette-edge'), ['--version'], {
    env,
  });
  expect(executable.stdout).toMatch(/^palette-edge-content-builder\/\d/);
});

describe.each(nodeMajors)('on Node %i', (major) => {
  const options = (cwd: string): CliOptions => ({ cwd, entry, node: nodeBinary(major) });

  test('the demo ends with a verified bundle that tar lists, and removes what it made', async () => {
    const cwd = await temporaryFolder();
    const { code, stdout, stderr } = await runCli(['demo'], options(cwd));
    expect(stderr).toContain('A registry with sample images listens on 127.0.0.1:');
    expect(stdout).toContain('palette-edge-demo/demo.tar.zst is whole: demo-edge');
    expect(code).toBe(0);
    const listed = await run('sh', ['-c', 'zstd -dc palette-edge-demo/demo.tar.zst | tar -tf -'], { cwd });
    expect(listed.stdout).toMatch(
      /^oci-layout\nindex\.json\nmanifest\.json\npalette-edge\/inventory\.json\n/,
    );
    const shown = await runCliJson<InspectResult>(
      ['inspect', 'palette-edge-demo/demo.tar.zst'],
      options(cwd),
    );
    expect(shown.inventory.images).toHaveLength(7);
    await runCli(['demo', '--remove'], options(cwd));
    expect(await readdir(cwd)).toEqual([]);
  });
});

test('squeeze and extract find their threads', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'edge.tar.zst'), (await squeezableBundle({ more: false })).bytes);
  const squeezed = await runCli(['squeeze', 'edge.tar.zst'], { cwd, entry });
  expect(squeezed.stdout).toContain('GNU gzip level 6');
  const image = ['--image', squeezable.single, '--output', 'single.tar', '--format', 'oci-archive'];
  const { code } = await runCli(['extract', 'edge.squeezed.tar.zst', ...image], { cwd, entry });
  expect(code).toBe(0);
});

test('a delta bundle is made with patches of layers, and applied', async () => {
  const cwd = await temporaryFolder();
  const pair = await deltaPair(cwd);
  const { bundle } = await runCliJson<BuildResult>(['build', ...deltaFlags(pair)], { cwd, entry });
  expect(bundle?.squeezed?.delta?.changed.layers).toBe(1);
  const applied = await runCli(['apply', 'edge.delta.tar.zst', '--base', 'v1.tar.zst'], { cwd, entry });
  expect(applied.code).toBe(0);
});

test('help names every command and topic, and each command has examples and exit codes', async () => {
  const cwd = await temporaryFolder();
  const sources = await readdir(join(root, 'src/commands'), { recursive: true });
  const commands = sources.filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3).split('/'));
  const { stdout } = await runCli(['--help'], { cwd, entry });
  const shown = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}[A-Z]/gm)].map(([, name = '']) => name);
  expect(shown).toEqual(expect.arrayContaining(commands.map(([first]) => first)));
  const helps = await helpOfEach(commands, { entry, env });
  expect(helps).toHaveLength(commands.length);
  for (const [index, help] of helps.entries()) {
    expect(help).toContain('EXAMPLES');
    expect(help).toMatch(/EXIT CODES\n {2}0 +success/);
    expect(help).toContain(`$ palette-edge ${commands[index]?.join(' ')}`);
  }
}, 120_000);

test('a word that is no command exits with 2 and names the commands', async () => {
  const { code, stderr } = await runCli(['bulid'], { cwd: await temporaryFolder(), entry });
  expect(code).toBe(2);
  expect(stderr).toContain('palette-edge has no command bulid');
});

test('output that nobody reads to its end is no error', async () => {
  const cwd = await temporaryFolder();
  await cp(join(root, 'fixtures/images.txt'), join(cwd, 'images.txt'));
  const command = '"$1" "$2" resolve --images-file images.txt | head -n 1';
  const { stdout, stderr } = await run('sh', ['-c', command, 'sh', process.execPath, entry], { cwd, env });
  expect(stdout).toMatch(/^IMAGE +ASKED FOR BY\n$/);
  expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
});

test('an old Node gets one clear line and exit code 2', async () => {
  // The entry as an old Node would see it: only the version differs.
  const script = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); await import(process.argv[1]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, entry], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect(child.exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(
    /^palette-edge needs Node 24 or newer; this is Node 20\.20\.2\. Install Node 24 or newer: .*\n$/,
  );
  // It must parse there, too: no syntax that came after Node 14.
  expect(await readFile(entry, 'utf8')).not.toMatch(/\?\?=|\|\|=|^await /m);
});
