import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdtemp,
  rm,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { embedInstaller } from '../../src/workflows/embed-installer.ts';
import type { EmbedInput, EmbedResources, EmbedResult } from '../../src/workflows/embed-installer.ts';
import {
  auroraBootIso,
  copiedEfiIso,
  grubRescueIso,
  isolinuxIso,
  uefiOnlyIso,
} from '../support/bootable-iso.ts';
import { bundleFile, makeIso } from '../support/iso-bundles.ts';
import { plainTree, structureOf } from '../support/plain-installer.ts';
import { rejection } from '../support/rejection.ts';
import { requireTool } from '../support/required-tools.ts';
import { smallDisk } from '../support/small-disk.ts';
import { splitBundle } from '../support/split-bundle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

/** Installers that no test writes to. */
const installers: Record<'aurora' | 'grub' | 'isolinux' | 'uefi', string> = {
  aurora: '',
  grub: '',
  isolinux: '',
  uefi: '',
};
let shared: string;

beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'palette-edge-installers-'));
  const tree = await plainTree(shared);
  installers.aurora = (await auroraBootIso(tree)).path;
  installers.grub = (await grubRescueIso(tree)).path;
  installers.isolinux = (await isolinuxIso(tree)).path;
  installers.uefi = (await uefiOnlyIso(tree)).path;
});

afterAll(async () => await rm(shared, { recursive: true, force: true }));

function resources(changes: Partial<EmbedResources> = {}): EmbedResources {
  return {
    xorriso: requireTool('xorriso'),
    listener: { onStep: () => undefined, onBytes: () => undefined },
    ...changes,
  };
}

async function embed(
  input: Partial<EmbedInput> & Pick<EmbedInput, 'output'>,
  changes: Partial<EmbedResources> = {},
  signal = new AbortController().signal,
): Promise<EmbedResult> {
  return await embedInstaller(
    {
      installer: installers.aurora,
      content: [],
      userData: undefined,
      clusterDefinition: undefined,
      edgeConfig: undefined,
      pieceSize: 3_000_000_000,
      replaces: false,
      ...input,
    },
    resources(changes),
    signal,
  );
}

/** Content by path, as another reader has it. */
async function extracted(iso: string): Promise<ReadonlyMap<string, Buffer>> {
  const folder = await temporaryFolder();
  await run(requireTool('bsdtar'), ['-xf', iso, '-C', folder]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(async (entry): Promise<[string, Buffer]> => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), await readFile(path)];
    });
  return new Map(await Promise.all(files));
}

async function flip(path: string, position: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position);
  await writeFile(path, bytes);
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function userDataFile(folder: string, text = '#cloud-config\nstylus: {}\n'): Promise<string> {
  const path = join(folder, 'user-data');
  await writeFile(path, text);
  return path;
}

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

test('the date and the label by which boot loaders find the image stay, and Rock Ridge, Joliet and the GPT', async () => {
  const { folder, path } = await bundleFile();
  const output = join(folder, 'new.iso');
  await embed({ output, content: [path] });
  const [before, after] = [await structureOf(installers.aurora), await structureOf(output)];
  const { modified, created, label, hasJoliet, hasRockRidge, preparer } = before.volume;
  expect(after.volume).toMatchObject({ modified, created, label, hasJoliet, hasRockRidge, preparer });
  expect(hasJoliet).toBe(true);
  expect(diskId(after)).toBe(diskId(before));
});

test('an EFI system partition that is a copy of the boot image stays one', async () => {
  const folder = await temporaryFolder();
  const installer = (await copiedEfiIso(await plainTree(folder))).path;
  const output = join(folder, 'new.iso');
  const { boots } = await embed({ installer, output, userData: await userDataFile(folder) });
  expect(boots).toHaveLength(4);
  const { images, efiPartitions } = await structureOf(output);
  expect(efiPartitions).toHaveLength(1);
  expect(images).toContainEqual(
    expect.objectContaining({ platform: 0xef, sha256: efiPartitions[0]?.sha256 }),
  );
});

test('the number of the disk stays, also where xorriso makes a new one', async () => {
  const { folder, path } = await bundleFile();
  const output = join(folder, 'new.iso');
  await embed({ installer: installers.isolinux, output, content: [path] });
  const { mbrDiskId } = await structureOf(installers.isolinux);
  expect(mbrDiskId).not.toBe('00000000');
  expect(mbrDiskId).toBe((await readFile(installers.isolinux)).toString('hex', 440, 444));
  expect((await readFile(output)).toString('hex', 440, 444)).toBe(mbrDiskId);
});

test('a boot image of GRUB that is loaded as a whole may say where it is', async () => {
  const folder = await temporaryFolder();
  const installer = (await auroraBootIso(await plainTree(folder), 'full')).path;
  const added = join(folder, 'new.iso');
  // Its sectors move: it is written behind what was in front of it.
  const { boots } = await embed({ installer, output: added, userData: await userDataFile(folder) });
  expect(boots).toHaveLength(4);
});

function diskId({ gpt }: Awaited<ReturnType<typeof structureOf>>): string | undefined {
  return gpt === undefined || gpt === 'damaged' ? undefined : gpt.primary.diskId;
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

test('what is left out for Macs from before UEFI is told', async () => {
  const { folder, path } = await bundleFile();
  const output = join(folder, 'new.iso');
  const { warnings } = await embed({ installer: installers.grub, output, content: [path] });
  expect(warnings.map(({ code }) => code)).toEqual(['APPLE_BOOT_DROPPED']);
});

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

describe('who may read the copy', () => {
  const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

  test('of one with configuration: its owner only, whichever run put it in', async () => {
    const { folder, path } = await bundleFile();
    const [first, second] = [join(folder, '1.iso'), join(folder, '2.iso')];
    const [clusterDefinition, edgeConfig] = [join(folder, 'definition.tgz'), join(folder, 'edge.yaml')];
    await writeFile(clusterDefinition, Buffer.from('1f8b08', 'hex'));
    await writeFile(edgeConfig, 'token: s3cret\n');
    const files = [{ userData: await userDataFile(folder) }, { clusterDefinition }, { edgeConfig }];
    for (const configuration of files) {
      await embed({ output: first, ...configuration });
      expect(await modeOf(first)).toBe(0o600);
      await chmod(first, 0o644);
      await embed({ installer: first, output: second, content: [path] });
      expect(await modeOf(second)).toBe(0o600);
    }
  });

  test('of one without: whoever may read the installer', async () => {
    const { folder, path } = await bundleFile();
    const installer = join(folder, 'installer.iso');
    await copyFile(installers.uefi, installer);
    const modes = new Map([
      [0o644, 0o644],
      [0o640, 0o640],
      [0o400, 0o600],
    ]);
    for (const [mode, expected] of modes) {
      await chmod(installer, mode);
      const output = join(folder, `${mode}.iso`);
      await embed({ installer, output, content: [path] });
      expect(await modeOf(output)).toBe(expected);
    }
  });
});

describe('what is in an installer already', () => {
  test('configuration is replaced, in the place where it is, and the result says so', async () => {
    const { folder } = await bundleFile();
    const [first, second, third] = [join(folder, '1.iso'), join(folder, '2.iso'), join(folder, '3.iso')];
    await embed({ output: first, userData: await userDataFile(folder) });
    const other = '#cloud-config\nstylus: {site: {}}\n';
    const { replaced } = await embed({
      installer: first,
      output: second,
      userData: await userDataFile(folder, other),
    });
    expect(replaced).toEqual(['config.yaml']);
    expect((await extracted(second)).get('config.yaml')?.toString()).toBe(other);

    const older = await withFile(installers.aurora, 'files-iso/config.yaml', join(folder, 'older.iso'));
    await embed({ installer: older, output: third, userData: await userDataFile(folder, other) });
    const files = await extracted(third);
    expect(files.get('files-iso/config.yaml')?.toString()).toBe(other);
    expect(files.has('config.yaml')).toBe(false);
  });

  test('content of the same name is replaced on request only, with all its pieces; other content stays', async () => {
    const { folder, path, sample } = await bundleFile();
    const other = join(folder, 'other.tar.zst');
    await writeFile(other, sample.bytes);
    const [first, second] = [join(folder, '1.iso'), join(folder, '2.iso')];
    await embed({ output: first, content: [path, other], pieceSize: 6000 });

    const again = { installer: first, output: second, content: [path] };
    const refused = await rejection(embed(again));
    expect(refused).toMatchObject({ code: 'CONTENT_TAKEN', kind: 'usage' });
    expect(refused.suggestions.join()).toContain('--replace');

    const { replaced, otherContent } = await embed({ ...again, replaces: true });
    expect(replaced).toEqual(['00', '01', '02'].map((n) => `opt/spectrocloud/content/edge.tar.zst_part${n}`));
    expect(otherContent).toEqual(
      ['00', '01', '02'].map((n) => `opt/spectrocloud/content/other.tar.zst_part${n}`),
    );
    const names = [...(await extracted(second)).keys()].filter((name) => name.includes('edge.tar.zst'));
    expect(names).toEqual(['opt/spectrocloud/content/edge.tar.zst_part00']);
  });
});

/** The installer with one more file, as its own build would make it. */
async function withFile(installer: string, path: string, output: string): Promise<string> {
  const source = `${output}.source`;
  await writeFile(source, '#cloud-config\n');
  const image = ['-indev', installer, '-outdev', output, '-joliet', 'on', '-boot_image', 'any', 'replay'];
  await run(requireTool('xorriso'), [...image, '-map', source, `/${path}`]);
  return output;
}

describe('installers that cannot be carried over', () => {
  const refused = async (installer: string): Promise<string> => {
    const folder = await temporaryFolder();
    const userData = await userDataFile(folder);
    const output = join(folder, 'out', 'new.iso');
    const error = await rejection(embed({ installer, output, userData }));
    expect(error).toMatchObject({ code: 'INSTALLER_UNSUPPORTED', kind: 'usage' });
    expect(error.suggestions.join()).toContain('installer tree');
    expect(await readdir(folder)).toEqual(['user-data']);
    return error.message;
  };

  const made = async (options: readonly string[]): Promise<string> => {
    const folder = await temporaryFolder();
    const tree = await plainTree(folder);
    const path = join(folder, 'made.iso');
    await run(requireTool('xorriso'), [
      '-as',
      'mkisofs',
      '-V',
      'COS_LIVE',
      ...options,
      '-o',
      path,
      tree.root,
    ]);
    return path;
  };

  test('one that is not bootable, by the name that it was given', async () => {
    const { folder, path } = await bundleFile();
    const link = join(folder, 'link.iso');
    await symlink((await makeIso([path])).path, link);
    expect(await refused(link)).toMatch(
      `${link} cannot be written anew so that it boots: it has no El Torito boot catalogue`,
    );
  });

  test('one without Rock Ridge', async () => {
    const folder = await temporaryFolder();
    const tree = await plainTree(folder);
    const path = join(folder, 'plain.iso');
    const options = [
      '-quiet',
      '-V',
      'COS_LIVE',
      '-b',
      'boot/uefi.img',
      '-no-emul-boot',
      '-o',
      path,
      tree.root,
    ];
    await run(requireTool('genisoimage'), options);
    expect(await refused(path)).toContain('no Rock Ridge names');
  });

  test('one with a boot image that emulates a floppy', async () => {
    const folder = await temporaryFolder();
    const tree = await plainTree(folder);
    const floppy = join(tree.root, 'boot', 'floppy.img');
    await writeFile(floppy, Buffer.alloc(1_474_560));
    const path = join(folder, 'floppy.iso');
    await run(requireTool('genisoimage'), ['-quiet', '-R', '-b', 'boot/floppy.img', '-o', path, tree.root]);
    expect(await refused(path)).toContain('emulates a floppy');
  });

  test('one for another platform', async () => {
    const mips = ['-R', '-e', 'boot/uefi.img', '-no-emul-boot', '-mips-boot', 'boot/kernel'];
    expect(await refused(await made(mips))).toContain('what is in front of its file system');
  });

  test('one with something unknown in front of its file system', async () => {
    const path = await made(['-R', '-e', 'boot/uefi.img', '-no-emul-boot']);
    const bytes = await readFile(path);
    bytes.fill(7, 100, 200);
    await writeFile(path, bytes);
    expect(await refused(path)).toContain('of no known kind');
  });

  test('one that grew in place', async () => {
    const folder = await temporaryFolder();
    const { path } = await auroraBootIso(await plainTree(folder));
    const source = join(folder, 'added');
    await writeFile(source, Buffer.alloc(1_000_000, 1));
    const image = ['-indev', path, '-outdev', path, '-boot_image', 'any', 'replay'];
    await run(requireTool('xorriso'), [...image, '-map', source, '/added']);
    expect(await refused(path)).toMatch(/GPT partition 1 ends \d+ bytes before the file system in it/);
  });

  test('one whose EFI system partition is something else than its boot image for UEFI', async () => {
    const folder = await temporaryFolder();
    const tree = await plainTree(folder);
    const other = join(folder, 'other.img');
    await run(requireTool('mkfs.vfat'), ['-C', '-i', '00000001', other, '2048']);
    const { path } = await copiedEfiIso(tree, other);
    const reason = await refused(path);
    expect(reason).toContain('its boot image for UEFI is another one than its EFI system partition');
    expect(reason).not.toContain('damaged');
  });

  test('one with more boot images than any real one has', async () => {
    const image = ['-eltorito-alt-boot', '-b', 'boot/uefi.img', '-no-emul-boot'];
    const options = ['-R', ...Array.from({ length: 9 }, () => image).flat()];
    expect(await refused(await made(options))).toContain('more than 8 boot images');
  });

  test('one of several sessions', async () => {
    const folder = await temporaryFolder();
    const { root } = await plainTree(folder);
    const [path, added] = [join(folder, 'sessions.iso'), join(folder, 'added')];
    await writeFile(added, 'added');
    const boot = ['-boot_image', 'any', 'efi_path=/boot/uefi.img'];
    await run(requireTool('xorriso'), ['-outdev', path, '-map', root, '/', ...boot]);
    await run(requireTool('xorriso'), ['-dev', path, '-boot_image', 'any', 'keep', '-map', added, '/added']);
    expect(await refused(path)).toContain('it has 2 sessions');
  });

  test('one that was cut off, and a file that is something else', async () => {
    const folder = await temporaryFolder();
    const { path } = await uefiOnlyIso(await plainTree(folder));
    const userData = await userDataFile(folder);
    await truncate(path, 2_000_000);
    const output = join(folder, 'new.iso');
    expect(await rejection(embed({ installer: path, output, userData }))).toMatchObject({
      code: 'ISO_TRUNCATED',
      kind: 'content',
    });
    expect(await rejection(embed({ installer: userData, output, userData }))).toMatchObject({
      code: 'NOT_AN_ISO',
    });
    expect(await rejection(embed({ installer: join(folder, 'none'), output, userData }))).toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});

describe('the output', () => {
  test('is none of the files that it is made from, whatever name they have', async () => {
    const folder = await temporaryFolder();
    const { path } = await uefiOnlyIso(await plainTree(folder));
    const userData = await userDataFile(folder);
    const link = join(folder, 'link.iso');
    await symlink(path, link);
    const before = await sha256(path);
    for (const output of [path, link]) {
      expect(await rejection(embed({ installer: path, output, userData }))).toMatchObject({
        code: 'OUTPUT_TAKEN',
      });
    }
    expect(await sha256(path)).toBe(before);
  });

  test('replaces an image, and no other file', async () => {
    const { folder, path } = await bundleFile();
    const output = join(folder, 'new.iso');
    await embed({ output, content: [path] });
    const first = await sha256(output);
    await embed({ output, content: [path], userData: await userDataFile(folder) });
    expect(await sha256(output)).not.toBe(first);
    const other = join(folder, 'user-data');
    expect(await rejection(embed({ output: other, content: [path] }))).toMatchObject({
      code: 'OUTPUT_TAKEN',
    });
  });

  test('has no name together with the checksum of another one', async () => {
    const { folder, path } = await bundleFile();
    const output = join(folder, 'new.iso');
    await embed({ output, content: [path] });
    // Stands for a run that was killed in between: the checksum cannot be written, as its name is too long for a partial file.
    const long = join(folder, `${'n'.repeat(225)}.iso`);
    await rename(output, long);
    await rename(`${output}.sha256`, `${long}.sha256`);
    const userData = await userDataFile(folder);
    const error = await rejection(embed({ output: long, userData }));
    expect(error).toMatchObject({ kind: 'disk' });
    expect(error.message).toContain('writing the checksum of the installer to');
    expect(await readFile(`${long}.sha256`, 'utf8')).toBe('');
  });

  test('is not begun when there is too little space', async () => {
    const { path } = await bundleFile();
    await using disk = await smallDisk(1024 * 1024);
    const error = await rejection(embed({ output: join(disk.path, 'new.iso'), content: [path] }));
    expect(error).toMatchObject({ code: 'NOT_ENOUGH_SPACE', kind: 'disk' });
    expect(await readdir(disk.path)).toEqual([]);
  });

  test('is not there when it was cancelled, while it is written and while it is checked', async () => {
    const { folder, path } = await bundleFile();
    const output = join(folder, 'several', 'new', 'folders', 'new.iso');
    for (const step of ['writing', 'comparing', 'hashing'] as const) {
      const controller = new AbortController();
      const listener = {
        onStep: (begun: string) => {
          if (begun === step) controller.abort();
        },
        onBytes: () => undefined,
      };
      await expect(embed({ output, content: [path] }, { listener }, controller.signal)).rejects.toThrow(
        'abort',
      );
      expect(await readdir(folder)).toEqual(['edge.tar.zst']);
    }
  });

  test.each([
    // The primary GPT is at byte 512, the disk's number at 56 of it.
    ['INSTALLER_NOT_BOOTABLE', 568, 'the GPT is damaged'],
    ['INSTALLER_NOT_BOOTABLE', 20, 'the boot code of disks changed'],
  ])('is checked before it has its name: %s', async (code, position, reason) => {
    const { folder, path } = await bundleFile();
    const output = join(folder, 'out', 'new.iso');
    await mkdir(dirname(output));
    const xorriso = await brokenXorriso(folder, position);
    const error = await rejection(embed({ output, content: [path] }, { xorriso }));
    expect(error).toMatchObject({ code, kind: 'failure' });
    expect(error.message).toContain(reason);
    expect(await readdir(dirname(output))).toEqual([]);
  });

  test('is compared with its sources, byte by byte', async () => {
    const { folder, path } = await bundleFile();
    const good = join(folder, 'good.iso');
    await embed({ output: good, content: [path] });
    const at = (await readFile(good)).indexOf((await readFile(path)).subarray(100, 200));
    const output = join(folder, 'out', 'new.iso');
    await mkdir(dirname(output));
    const xorriso = await brokenXorriso(folder, at);
    const error = await rejection(embed({ output, content: [path] }, { xorriso }));
    expect(error).toMatchObject({ code: 'INSTALLER_DAMAGED', kind: 'content' });
    expect(error.message).toContain('edge.tar.zst_part00');
    expect(await readdir(dirname(output))).toEqual([]);
  });

  test('needs xorriso', async () => {
    const { folder, path } = await bundleFile();
    const error = await rejection(
      embed({ output: join(folder, 'new.iso'), content: [path] }, { xorriso: undefined }),
    );
    expect(error).toMatchObject({ code: 'XORRISO_MISSING' });
  });
});

/** A xorriso that spoils one byte of what it has written. */
async function brokenXorriso(folder: string, position: number): Promise<string> {
  const path = join(folder, 'xorriso');
  await writeFile(
    path,
    `#!/bin/sh
${requireTool('xorriso')} "$@" || exit
while [ $# -gt 0 ]; do
  if [ "$1" = -outdev ]; then printf '\\377' | dd of="\${2#stdio:}" bs=1 seek=${position} conv=notrunc 2>/dev/null; fi
  shift
done
`,
  );
  await chmod(path, 0o755);
  return path;
}
