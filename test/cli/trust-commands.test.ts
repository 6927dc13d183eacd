import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import Apply from '../../src/commands/apply.ts';
import Diff from '../../src/commands/diff.ts';
import Extract from '../../src/commands/extract.ts';
import Inspect from '../../src/commands/inspect.ts';
import InstallerEmbed from '../../src/commands/installer/embed.ts';
import InstallerTree from '../../src/commands/installer/tree.ts';
import IsoCreate from '../../src/commands/iso/create.ts';
import IsoVerify from '../../src/commands/iso/verify.ts';
import Load from '../../src/commands/load.ts';
import PlanUpdate from '../../src/commands/plan-update.ts';
import Push from '../../src/commands/push.ts';
import Serve from '../../src/commands/serve.ts';
import Squeeze from '../../src/commands/squeeze.ts';
import Unsqueeze from '../../src/commands/unsqueeze.ts';
import Verify from '../../src/commands/verify.ts';
import { bundleSigner } from '../support/bundle-signer.ts';
import type { BundleSigner } from '../support/bundle-signer.ts';
import { uefiOnlyIso } from '../support/bootable-iso.ts';
import { makeDelta } from '../support/delta-bundles.ts';
import { firstAndNext } from '../support/first-and-next.ts';
import { makeIso } from '../support/iso-bundles.ts';
import { plainTree } from '../support/plain-installer.ts';
import { squeeze } from '../support/squeezing.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCommand } from './run-command.ts';

let shared: string;
let site: BundleSigner;
let stranger: BundleSigner;
/** What the commands read, each signed with a file beside it. */
const made = { first: '', plain: '', squeezed: '', delta: '', iso: '', installer: '' };
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'palette-edge-test-'));
  [site, stranger] = [await bundleSigner(shared, 'site'), await bundleSigner(shared, 'stranger')];
  [made.first, made.plain] = await firstAndNext(shared);
  made.squeezed = (await squeeze(made.plain)).bundle.path;
  made.delta = join(shared, 'v2.delta.tar.zst');
  await makeDelta(made.plain, { bases: [made.first], output: made.delta, threads: 1 });
  made.iso = (await makeIso([made.plain])).path;
  made.installer = (await uefiOnlyIso(await plainTree(join(shared, 'installer')))).path;
  for (const path of [made.plain, made.squeezed, made.delta, made.iso]) await site.signFile(path);
});
afterAll(async () => await rm(shared, { recursive: true }));

/** A plan for which no registry has to be asked. */
function planned(old: string, store: string): readonly string[] {
  const image = ['--image', 'quay.io/org/image:0', '--existing-bundle', made.first];
  return [old, ...image, '--store', store];
}

interface Reading {
  readonly command: Parameters<typeof runCommand>[0];
  /** What it reads. */
  readonly reads: Exclude<keyof typeof made, 'first' | 'installer'>;
  /** @param out an empty folder, into which it writes */
  readonly argv: (bundle: string, out: string) => readonly string[];
  /** Of one that is as it has to be; 0 unless given. */
  readonly exitCode?: number;
}

/** Every command that reads bundles, without a network: what comes after reading them stops there. */
const readings: Readonly<Record<string, Reading>> = {
  apply: {
    command: Apply,
    reads: 'delta',
    argv: (bundle, out) => [bundle, '--base', made.first, '--output', join(out, 'new.tar.zst')],
  },
  diff: { command: Diff, reads: 'plain', argv: (bundle) => [bundle, bundle] },
  extract: {
    command: Extract,
    reads: 'plain',
    argv: (bundle, out) => [
      bundle,
      '--file',
      'palette-edge/inventory.json',
      '--output',
      join(out, 'inventory'),
    ],
  },
  inspect: { command: Inspect, reads: 'plain', argv: (bundle) => [bundle] },
  'installer embed': {
    command: InstallerEmbed,
    reads: 'plain',
    argv: (bundle, out) => [made.installer, '--content', bundle, '--out', join(out, 'new.iso')],
  },
  'installer tree': {
    command: InstallerTree,
    reads: 'plain',
    argv: (bundle, out) => ['--content', bundle, '--out', join(out, 'tree')],
  },
  'iso create': {
    command: IsoCreate,
    reads: 'plain',
    argv: (bundle, out) => [bundle, '--output', join(out, 'new.iso')],
  },
  'iso verify': { command: IsoVerify, reads: 'iso', argv: (bundle) => [bundle] },
  load: { command: Load, reads: 'plain', argv: (bundle, out) => [bundle, '--into', `${out}/`] },
  'plan-update': {
    command: PlanUpdate,
    reads: 'plain',
    argv: (bundle, out) => planned(bundle, join(out, 'store')),
  },
  push: {
    command: Push,
    reads: 'plain',
    argv: (bundle) => [bundle, 'registry.invalid/edge', '--image', 'of/no/image'],
    exitCode: 4,
  },
  'serve --print-config': {
    command: Serve,
    reads: 'plain',
    argv: (bundle, out) => [bundle, '--print-config', 'podman', '--config-folder', out],
  },
  squeeze: {
    command: Squeeze,
    reads: 'plain',
    argv: (bundle, out) => [bundle, '--effort', 'fast', '--output', join(out, 'squeezed.tar.zst')],
  },
  unsqueeze: {
    command: Unsqueeze,
    reads: 'squeezed',
    argv: (bundle, out) => [bundle, '--output', join(out, 'plain.tar.zst')],
  },
  verify: { command: Verify, reads: 'squeezed', argv: (bundle) => [bundle] },
};

async function run({ command, argv }: Reading, bundle: string, key: string) {
  const out = await temporaryFolder();
  const ran = await runCommand(command, [...argv(bundle, out), '--public-key', key]);
  return { ...ran, written: await readdir(out) };
}

describe.each(Object.entries(readings))('%s', (_, reading) => {
  test('takes a bundle that is signed with the key', async () => {
    const { exitCode, stderr } = await run(reading, made[reading.reads], site.keyFile);
    expect(stderr).not.toContain('SIGNATURE');
    expect(exitCode).toBe(reading.exitCode ?? 0);
  });

  test('takes none that others have signed, and writes nothing', async () => {
    const ran = await run(reading, made[reading.reads], stranger.keyFile);
    expect(ran).toMatchObject({ exitCode: 5, written: [] });
    expect(`${ran.stdout}${ran.stderr}`).toContain(
      `signed with ${site.keyId}; expected was ${stranger.keyId}`,
    );
  });

  test('takes none that is not signed, and writes nothing', async () => {
    const unsigned = join(await temporaryFolder(), basename(made[reading.reads]));
    await cp(made[reading.reads], unsigned);
    const ran = await run(reading, unsigned, site.keyFile);
    expect(ran).toMatchObject({ exitCode: 5, written: [] });
    expect(`${ran.stdout}${ran.stderr}`).toContain('is not signed');
  });
});

describe('of several', () => {
  test('all must be signed before anything of one is used', async () => {
    const folder = await temporaryFolder();
    const out = await temporaryFolder();
    const [good, bad] = [join(folder, 'a.tar.zst'), join(folder, 'b.tar.zst')];
    await cp(made.plain, good);
    await cp(`${made.plain}.sig`, `${good}.sig`);
    await cp(made.first, bad);
    const trust = ['--public-key', site.keyFile];
    for (const names of [[good, bad], [bad, good], [folder]]) {
      const serve = [...names, '--print-config', 'podman', '--config-folder', out, ...trust];
      for (const ran of [
        await runCommand(Push, [...names, 'registry.invalid', ...trust]),
        await runCommand(Serve, serve),
      ]) {
        expect(ran.exitCode).toBe(5);
        expect(ran.stderr).toContain(`${bad} (edge`);
      }
    }
    expect(await readdir(out)).toEqual([]);
  });

  test('both sides of a comparison must be', async () => {
    for (const sides of [
      [made.first, made.plain],
      [made.plain, made.first],
    ]) {
      const ran = await runCommand(Diff, [...sides, '--public-key', site.keyFile]);
      expect(ran.exitCode).toBe(5);
      expect(ran.stderr).toContain(`${made.first} (edge`);
    }
  });

  test('one of several keys is enough', async () => {
    const keys = ['--public-key', stranger.keyFile, '--public-key', site.keyFile];
    expect(await runCommand(Verify, [made.plain, ...keys])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/ is whole: .*\nsigned by sha256:\S+ \(\S+site\.pub\)\n$/),
    });
  });
});

describe('inventories alone, for plan-update', () => {
  test('are what a signature is of', async () => {
    const folder = await temporaryFolder();
    const inventory = join(folder, 'inventory.json');
    await runCommand(Extract, [made.plain, '--file', 'palette-edge/inventory.json', '-o', inventory]);
    const argv = [...planned(inventory, join(folder, 'store')), '--public-key', site.keyFile];
    const unsigned = await runCommand(PlanUpdate, argv);
    expect(unsigned).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('is not signed') });
    await cp(`${made.plain}.sig`, `${inventory}.sig`);
    expect(await runCommand(PlanUpdate, argv)).toMatchObject({ exitCode: 0 });
  });
});

describe('keys are needed', () => {
  test.each([['--require-signature'], ['--signature', 'edge.sig']])('for %s', async (...flags) => {
    const { exitCode, stderr } = await runCommand(Verify, [made.plain, ...flags]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no key is given');
    expect(stderr).toContain('--public-key');
  });

  test('for require-signature of a config file, which says so', async () => {
    const config = join(await temporaryFolder(), 'own.yaml');
    await writeFile(config, 'require-signature: true\n');
    const { exitCode, stderr } = await runCommand(Inspect, [made.plain, '--config', config]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`--require-signature was set by ${config}:1`);
    await cp(site.keyFile, join(config, '..', 'site.pub'));
    await writeFile(config, 'require-signature: true\npublic-key: site.pub\n');
    expect(await runCommand(Inspect, [made.plain, '--config', config])).toMatchObject({ exitCode: 0 });
    expect(await runCommand(Inspect, [made.first, '--config', config])).toMatchObject({ exitCode: 5 });
    // Without a word of it, the keys are still there.
    const off = [made.first, '--config', config, '--no-require-signature'];
    expect(await runCommand(Inspect, off)).toMatchObject({ exitCode: 5 });
  });

  test('that can be read', async () => {
    const argv = [made.plain, '--public-key'];
    expect(await runCommand(Verify, [...argv, made.plain])).toMatchObject({ exitCode: 2 });
    expect(await runCommand(Verify, [...argv, join(shared, 'nothing.pub')])).toMatchObject({ exitCode: 4 });
  });
});
