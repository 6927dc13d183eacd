import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { bundleFile } from '../support/iso-bundles.ts';
import { pushImage } from '../support/push-image.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli, runCliJson } from '../support/run-cli.ts';
import { noise } from '../support/sample-bundle.ts';
import { addImage, MemoryBlobs } from '../support/sample-images.ts';
import { sampleEntries } from '../support/sample-iso.ts';
import { smallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeIso } from '../../src/iso/iso-writer.ts';

const run = promisify(execFile);

/** A folder for the PATH with a program in the place of xorriso. */
async function pathWith(script: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'xorriso'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return folder;
}

describe('iso create', () => {
  test('makes an image that iso verify, iso inspect, verify and inspect take', async () => {
    const { folder, sample } = await bundleFile();
    const made = await runCli(['iso', 'create', 'edge.tar.zst', '--iso-path', 'bundle-content'], {
      cwd: folder,
    });
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Wrote edge\.iso\n {2}label +COS_CONTENT\n/),
    });
    expect(await runCli(['iso', 'verify', 'edge.iso'], { cwd: folder })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^edge\.iso is whole: COS_CONTENT, 2 files, /),
    });
    const inspected = await runCliJson<{ bundles: unknown }>(['iso', 'inspect', 'edge.iso'], { cwd: folder });
    expect(inspected.bundles).toMatchObject([
      { path: 'bundle-content/edge.tar.zst', content: { id: sample.plan.id } },
    ]);
    for (const name of ['edge.iso', 'edge.iso:bundle-content/edge.tar.zst']) {
      expect(await runCli(['verify', name], { cwd: folder })).toMatchObject({ code: 0 });
    }
  });

  test('says so when it is damaged, with exit code 5', async () => {
    const { folder } = await bundleFile();
    await runCli(['iso', 'create', 'edge.tar.zst'], { cwd: folder });
    const bytes = await readFile(join(folder, 'edge.iso'));
    const at = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])) + 9000;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(join(folder, 'edge.iso'), bytes);
    const verified = await runCli(['iso', 'verify', 'edge.iso'], { cwd: folder });
    expect(verified).toMatchObject({ code: 5, stdout: expect.stringContaining('edge.iso is damaged') });
  });

  test('without xorriso it says how to get it', async () => {
    const { folder } = await bundleFile();
    const env = { PATH: await temporaryFolder() };
    const { code, stderr } = await runCli(['iso', 'create', 'edge.tar.zst'], { cwd: folder, env });
    expect(code).toBe(4);
    expect(stderr).toMatch(/Code: XORRISO_MISSING\n/);
    expect(stderr).toMatch(/apt-get install xorriso\n.*dnf install.*\n.*zypper install.*\n.*brew install/);
    expect(await readdir(folder)).toEqual(['edge.tar.zst']);
  });

  test('a bad label, a name that is taken, and standard output are refused', async () => {
    const { folder } = await bundleFile();
    const create = async (...args: readonly string[]) =>
      await runCli(['iso', 'create', 'edge.tar.zst', ...args], { cwd: folder });
    expect(await create('--iso-label', 'my stick')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--iso-label MY_STICK'),
    });
    expect(await create('--add', 'edge.tar.zst')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Code: ISO_NAME_TAKEN'),
    });
    expect(await create('--output', '-')).toMatchObject({ code: 2 });
    expect(await readdir(folder)).toEqual(['edge.tar.zst']);
  });

  test('a disk that is too small is told before anything is written', async () => {
    const { path, folder } = await bundleFile();
    await using disk = await smallDisk(256 * 1024);
    const args = ['iso', 'create', path, '--output', join(disk.path, 'edge.iso')];
    expect(await runCli(args, { cwd: folder })).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('Code: NOT_ENOUGH_SPACE'),
    });
    expect(await readdir(disk.path)).toEqual([]);
  });

  test('a disk that fills up meanwhile is told as such', async () => {
    await using disk = await smallDisk(256 * 1024);
    const path = join(disk.path, 'x.iso');
    const { signal } = new AbortController();
    const entries = await sampleEntries({ x: noise(500_000, 1) });
    const work = writeIso(entries, { label: 'X', path, xorriso: requireTool('xorriso'), signal });
    expect(await rejection(work)).toMatchObject({ code: 'DISK_FULL', kind: 'disk' });
  });

  test('Ctrl-C kills xorriso, and nothing is left', async () => {
    const { folder } = await bundleFile();
    const ready = await temporaryFolder();
    const script = [
      `case "$*" in *-version*) exec '${requireTool('xorriso')}' "$@";; esac`,
      'trap "" INT TERM',
      'for arg; do case "$arg" in stdio:*) echo half > "${arg#stdio:}";; esac; done',
      `echo $$ > '${ready}/pid.new'; /bin/mv '${ready}/pid.new' '${ready}/pid'`,
      'while :; do /bin/sleep 1; done',
    ];
    const env = { PATH: await pathWith(script.join('\n')) };
    const changes = watch(ready);
    const running = runCli(['iso', 'create', 'edge.tar.zst'], {
      cwd: folder,
      env,
      onStart: (child) => {
        void (async () => {
          for await (const { filename } of changes) if (filename === 'pid') break;
          child.kill('SIGINT');
        })();
      },
    });
    expect(await running).toMatchObject({ code: 130, stderr: expect.stringContaining('interrupted') });
    expect(await readdir(folder)).toEqual(['edge.tar.zst']);
    const pid = Number(await readFile(join(ready, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('build --iso', () => {
  test('makes the bundle and the image, which has the same bundle', async () => {
    const registry = await startDockerRegistry();
    try {
      const blobs = new MemoryBlobs();
      const target = { origin: `http://${registry.host}`, repository: 'edge/app' };
      await pushImage(target, blobs, { root: addImage(blobs, noise(300_000, 1)), tag: '1.0' });
      const cwd = await temporaryFolder();
      await writeFile(join(cwd, 'notes.txt'), 'notes');
      const images = ['--image', `${registry.host}/edge/app:1.0`, '--plain-http', registry.host];
      const args = ['build', ...images, '--outfile', 'site.iso', '--iso', '--add', 'notes.txt'];
      const { bundle, iso } = await runCliJson<{
        bundle: { path: string; sha256: string; id: string };
        iso: { path: string; files: { path: string; sha256: string }[] };
      }>(args, { cwd });
      expect(bundle.path).toBe(`content-${bundle.id}/core-site-${bundle.id}.tar.zst`);
      expect(iso.path).toBe(`content-${bundle.id}/core-site-${bundle.id}.iso`);
      expect(iso.files).toContainEqual({
        path: `core-site-${bundle.id}.tar.zst`,
        sha256: bundle.sha256,
      });
      const tree = join(cwd, 'tree');
      await mkdir(tree);
      await run(requireTool('bsdtar'), ['-xf', join(cwd, iso.path), '-C', tree]);
      await run('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: tree });
      const output = ['--output', 'out/given.iso'];
      // An older bundle in one file, of other content, has the name that the parts are joined to.
      const older = await runCliJson<{ bundle: { id: string } }>(
        ['build', ...images, '--file', 'notes.txt', '--output', 'out/given.tar.zst'],
        { cwd },
      );
      expect(older.bundle.id).not.toBe(bundle.id);
      const split = await runCliJson<{ bundle: { id: string } }>(
        ['build', ...images, '--iso', ...output, '--split', '1MiB'],
        { cwd },
      );
      const { bundles } = await runCliJson<{ bundles: unknown }>(['iso', 'inspect', 'out/given.iso'], {
        cwd,
      });
      expect(bundles).toMatchObject([
        { path: 'given.tar.zst', parts: ['given.tar.zst.part00'], content: { id: split.bundle.id } },
      ]);
      expect((await readdir(join(cwd, 'out'))).toSorted()).toEqual([
        'given.iso',
        'given.iso.sha256',
        'given.tar.zst.part00',
        'given.tar.zst.parts.json',
        'given.tar.zst.sha256',
      ]);
      expect(await runCli(['verify', 'out/given.iso'], { cwd })).toMatchObject({ code: 0 });
    } finally {
      await registry.stop();
    }
  });

  test('what is wrong with the image is told before anything is pulled', async () => {
    const cwd = await temporaryFolder();
    const build = async (...args: readonly string[]) =>
      await runCli(['build', '--image', '127.0.0.1:1/x:1', ...args], { cwd });
    expect(await build('--iso', '--iso-label', 'x')).toMatchObject({ code: 2 });
    expect(await build('--iso', '--include-tool', 'missing')).toMatchObject({ code: 4 });
    expect(await build('--iso-label', 'X')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--iso'),
    });
    await writeFile(join(cwd, 'x.iso'), 'something else');
    await symlink('x.iso', join(cwd, 'link.iso'));
    for (const output of ['x.iso', 'link.iso', 'x.tar.zst']) {
      expect(await build('--iso', '--output', output)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Code: OUTPUT_TAKEN'),
      });
    }
  });
});

test('iso user-data warns, makes the image, and prints no secret', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'user-data'), '#cloud-config\nstylus: {site: {edgeHostTokn: sEcReT}}\n');
  const { code, stdout, stderr } = await runCli(['iso', 'user-data', 'user-data'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Wrote user-data\.iso\n {2}label {2}cidata\n/);
  expect(stderr).toContain('did you mean edgeHostToken?');
  expect(stdout + stderr).not.toContain('sEcReT');
});
