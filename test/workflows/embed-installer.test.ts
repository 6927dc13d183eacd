import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { EmbedResources } from '../../src/workflows/embed-installer.ts';
import { bundleFile } from '../support/iso-bundles.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { sharedInstallers } from '../support/shared-installers.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { embedFrom, extracted, flip, sha256, userDataFile } from './embed-into.ts';

const run = promisify(execFile);

const installers = sharedInstallers('aurora', 'grub', 'isolinux', 'uefi');

const embed = embedFrom(installers);

test('everything lies where CanvOS puts it, content in pieces, and the installer is as it was', async () => {
  const { folder, path, sample } = await bundleFile();
  const [userData, clusterDefinition, edgeConfig] = [
    await userDataFile(folder),
    join(folder, 'definition-shop.tgz'),
    join(folder, 'edge.yaml'),
  ];
  await writeFile(clusterDefinition, Buffer.from('1f8b08', 'hex'));
  await writeFile(edgeConfig, 'content: {}\n');
  const before = await sha256(installers.aurora);
  const output = join(folder, 'new.iso');

  const result = await embed({
    output,
    content: [path],
    userData,
    clusterDefinition,
    edgeConfig,
    pieceSize: 10_000,
  });

  const files = await extracted(output);
  const content = 'opt/spectrocloud/content/edge.tar.zst_part';
  const pieces = ['00', '01'].map((number) => files.get(`${content}${number}`) ?? Buffer.alloc(0));
  expect(Buffer.concat(pieces)).toEqual(sample.bytes);
  expect(files.get(`${content}00`)?.length).toBe(10_000);
  expect(files.get('config.yaml')?.toString()).toBe('#cloud-config\nstylus: {}\n');
  expect(files.get('.edge_custom_config.yaml')?.toString()).toBe('content: {}\n');
  expect(files.get('opt/spectrocloud/clusterconfig/spc.tgz')).toEqual(Buffer.from('1f8b08', 'hex'));
  expect(files.get('opt/spectrocloud/content/Readme.txt')?.toString()).toBe('Content goes here.\n');
  expect(result).toMatchObject({
    path: output,
    label: 'COS_LIVE',
    replaced: [],
    otherContent: [],
    warnings: [],
  });
  expect(result.size).toBe((await stat(output)).size);
  expect(await sha256(installers.aurora)).toBe(before);
  await run('sha256sum', ['-c', 'new.iso.sha256'], { cwd: folder });
  // Tokens may be in user data.
  expect((await stat(output)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
});

test('progress says what is done, and comes to its end', async () => {
  const { folder, path } = await bundleFile();
  const steps: { step: string; total: number; done: number }[] = [];
  const listener: EmbedResources['listener'] = {
    onStep: (step, total) => void steps.push({ step, total, done: 0 }),
    onBytes: (count) => {
      const last = steps.at(-1);
      if (last !== undefined) last.done += count;
    },
  };
  const input = { installer: installers.isolinux, output: join(folder, 'new.iso'), content: [path] };
  await embed(input, { listener });
  expect(steps.map(({ step }) => step)).toEqual(['verifying', 'writing', 'comparing', 'hashing']);
  for (const { total, done } of steps) expect(done).toBe(total);
});

test('the same files give the same bytes, whenever, wherever they lie and whatever their mode', async () => {
  // All once, then all again: the clock of an ISO image counts seconds.
  const first = await embedInAll(1_000_000_000, 0o600);
  const second = await embedInAll(1_700_000_000, 0o755);
  expect(second).toEqual(first);
  expect(new Set(first).size).toBe(4);
});

async function embedInAll(time: number, mode: number): Promise<string[]> {
  const sums: string[] = [];
  for (const installer of Object.values(installers)) {
    const { folder, path } = await bundleFile();
    const userData = await userDataFile(folder);
    await utimes(userData, time, time);
    await chmod(userData, mode);
    const output = join(folder, `${time}.iso`);
    await embed({ installer, output, content: [path], userData });
    sums.push(await sha256(output));
  }
  return sums;
}

test('parts go in as one bundle, without being joined', async () => {
  const folder = await temporaryFolder();
  const split = await splitBundle(folder);
  const output = join(folder, 'new.iso');
  const { files } = await embed({ output, content: [split.path], pieceSize: 1_000_000 });
  expect(files.map(({ path }) => basename(path))).toEqual(
    split.parts.map((_, index) => `edge.tar.zst_part0${index}`),
  );
  const found = await extracted(output);
  const joined = Buffer.concat(files.map(({ path }) => found.get(path) ?? Buffer.alloc(0)));
  const whole = Buffer.concat(
    await Promise.all(split.parts.map(async ({ name }) => await readFile(join(folder, name)))),
  );
  expect(joined).toEqual(whole);
});

test.each(['aurora', 'isolinux'] as const)(
  'more content than a command line has room for, in the installer of %s',
  async (name) => {
    const output = join(await temporaryFolder(), 'new.iso');
    const bundles = ['a', 'b', 'c'].map(async (letter) => await bundleFile(`${letter.repeat(160)}.tar.zst`));
    const content = (await Promise.all(bundles)).map(({ path }) => path);
    const xorriso = join(await temporaryFolder(), 'xorriso');
    const told = `${xorriso}.told`;
    const script = `#!/bin/sh\necho "$*" | wc -c >> '${told}'\nexec ${requireTool('xorriso')} "$@"\n`;
    await writeFile(xorriso, script, { mode: 0o755 });
    const { files } = await embed(
      { installer: installers[name], output, content, pieceSize: 250 },
      { xorriso },
    );
    expect(files.length).toBeGreaterThan(150);
    const lengths = (await readFile(told, 'utf8')).trim().split('\n').map(Number);
    expect(Math.max(...lengths)).toBeLessThan(2000);
    expect(await readdir(dirname(output))).toEqual(['new.iso', 'new.iso.sha256']);
  },
);

test('paths with spaces, quotes, colons and wildcards are names', async () => {
  const { folder, path } = await bundleFile();
  const odd = join(folder, "it's a [f]older: *");
  await mkdir(odd);
  await symlink(installers.aurora, join(odd, "my 'installer'.iso"));
  await rename(path, join(odd, 'edge.tar.zst'));
  const output = join(odd, 'new "one".iso');
  await embed({
    installer: join(odd, "my 'installer'.iso"),
    output,
    content: [join(odd, 'edge.tar.zst')],
    userData: await userDataFile(odd),
  });
  expect([...(await extracted(output)).keys()]).toContain('opt/spectrocloud/content/edge.tar.zst_part00');
});

describe('a bundle is verified before it is written', () => {
  /** @returns the error, when the steps were these and nothing is left */
  async function refused(content: string, steps: readonly string[]): Promise<Error> {
    const output = join(await temporaryFolder(), 'new.iso');
    const begun: string[] = [];
    const listener = { onStep: (step: string) => void begun.push(step), onBytes: () => undefined };
    const error = await rejection(embed({ output, content: [content] }, { listener }));
    expect(begun).toEqual(steps);
    expect(await readdir(dirname(output))).toEqual([]);
    return error;
  }

  test('blob by blob, when nothing else tells whether it is damaged', async () => {
    const { path } = await bundleFile();
    await flip(path, 9000);
    const error = await refused(path, ['verifying']);
    expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED', kind: 'content' });
    expect(error.message).toContain(path);
  });

  test('by the checksum beside it', async () => {
    const { path } = await bundleFile();
    await writeFile(`${path}.sha256`, `${await sha256(path)}  edge.tar.zst\n`);
    await flip(path, 9000);
    const error = await refused(path, ['verifying']);
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', kind: 'content' });
    expect(error.message).toContain(path);
  });

  test('by the list of its parts', async () => {
    const folder = await temporaryFolder();
    const { path, parts } = await splitBundle(folder);
    const part = join(folder, parts[1]?.name ?? '');
    await flip(part, 100);
    const error = await refused(path, ['verifying']);
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', kind: 'content' });
    expect(error.message).toContain(part);
  });

  test('and must not change until it is in the installer', async () => {
    const { folder, path, sample } = await bundleFile();
    const userData = await userDataFile(folder);
    const listener = {
      onStep: (step: string) => {
        if (step === 'hashing') writeFileSync(path, sample.bytes);
      },
      onBytes: () => undefined,
    };
    await utimes(path, 1_000_000_000, 1_000_000_000);
    const error = await rejection(
      embed({ output: join(folder, 'new.iso'), content: [path], userData }, { listener }),
    );
    expect(error).toMatchObject({ code: 'FILE_CHANGED', kind: 'content' });
    expect((await readdir(folder)).toSorted()).toEqual(['edge.tar.zst', 'user-data']);
  });
});
