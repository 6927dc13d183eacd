import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, onTestFinished, test } from 'vitest';

import { attachLoop, loopDevice } from '../support/loop-device.ts';
import { requireTool } from '../support/required-tools.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openTerminal } from '../support/terminal.ts';

const run = promisify(execFile);
const mebibyte = 1024 * 1024;
const empty = Buffer.alloc(8 * mebibyte);

/** An image, a loop device, and the command that writes one to the other when somebody agrees. */
async function scene() {
  const cwd = await temporaryFolder();
  const image = Buffer.alloc(5 * mebibyte, 'image');
  await writeFile(join(cwd, 'image.iso'), image);
  const drive = await loopDevice({ size: empty.length });
  const args = [
    'usb',
    'write',
    'image.iso',
    drive.path,
    '--not-removable',
    '--serial',
    drive.file,
    '--no-config',
  ];
  const content = async () => await readFile(drive.file);
  return { cwd, image, drive, args, content, name: basename(drive.path) };
}

describe('at a terminal', () => {
  test('the name of the drive has to be typed, and says what is lost', async () => {
    const { cwd, image, drive, args, content, name } = await scene();
    const terminal = openTerminal(args, cwd);
    await terminal.says(`Type ${name} to go on: `);
    terminal.type(`${name}\r`);
    await terminal.says('code 0');
    const shown = await terminal.end();
    expect(shown).toContain(`Everything on ${drive.path} will be lost.`);
    expect(shown).toMatch(new RegExp(`serial +${drive.file}`));
    expect(shown).toContain('image.iso, 5.24 MB');
    expect(shown).toContain(`Wrote image.iso to ${drive.path}, and read back the same`);
    expect((await content()).subarray(0, image.length).equals(image)).toBe(true);
  });

  test.each([
    ['another name', 'sda\r', '"sda" was typed and not loop'],
    ['a yes', 'y\r', '"y" was typed and not loop'],
    ['nothing', '\r', 'nothing was typed, and nothing was written'],
    ['Ctrl-D', '\u0004', 'nothing was typed, and nothing was written'],
  ])('%s writes nothing', async (_what, typed, message) => {
    const { cwd, args, content } = await scene();
    const terminal = openTerminal(args, cwd);
    await terminal.says('to go on: ');
    terminal.type(typed);
    await terminal.says('code 2');
    const shown = await terminal.end();
    expect(shown).toContain(message);
    expect(shown).toContain('Code: DRIVE_NOT_CONFIRMED');
    expect((await content()).equals(empty)).toBe(true);
  });

  test('Ctrl-C writes nothing, and leaves the terminal as it was', async () => {
    const { cwd, args, content } = await scene();
    const terminal = openTerminal(args, cwd);
    await terminal.says('to go on: ');
    terminal.type('lo\u0003');
    await terminal.says('code 130');
    const shown = await terminal.end();
    expect(shown).toContain('Nothing was written. Run the same command again.');
    expect(shown).toMatch(/[ ;]icanon/);
    expect((await content()).equals(empty)).toBe(true);
  });
});

test('Ctrl-C while it is written says what is left of the drive', async () => {
  const { cwd, drive, thaw, freeze } = await frozenScene();
  await writeFile(join(cwd, 'image.iso'), Buffer.alloc(5 * mebibyte, 'image'));
  const args = [
    'usb',
    'write',
    'image.iso',
    drive.path,
    '--not-removable',
    '--serial',
    drive.file,
    '--no-config',
  ];
  const terminal = openTerminal(args, cwd);
  await terminal.says('to go on: ');
  // From here on the drive takes no byte.
  await freeze();
  terminal.type(`${basename(drive.path)}\r`);
  await terminal.says('Writing');
  terminal.type('\u0003');
  await terminal.says('^C');
  await thaw();
  // The signal ends the shell around it, too.
  const shown = (await terminal.end()).replaceAll(/\s+/g, ' ');
  expect(shown).toContain(`What was on ${drive.path} is lost`);
  expect((await readFile(drive.file)).subarray(0, 4 * mebibyte).equals(Buffer.alloc(4 * mebibyte))).toBe(
    true,
  );
});

/** A loop device over a file of a file system that can be frozen. */
async function frozenScene() {
  const cwd = await temporaryFolder();
  const disk = await loopDevice({ size: 64 * mebibyte });
  await run(requireTool('mkfs.ext4'), ['-q', disk.path]);
  const folder = await temporaryFolder();
  await run('mount', [disk.path, folder]);
  onTestFinished(async () => void (await run('umount', [folder])));
  const file = join(folder, 'drive.img');
  await writeFile(file, Buffer.alloc(8 * mebibyte, 1));
  const drive = await attachLoop(file);
  let isFrozen = false;
  const thaw = async () => {
    if (isFrozen) await run(requireTool('fsfreeze'), ['--unfreeze', folder]);
    isFrozen = false;
  };
  onTestFinished(thaw);
  const freeze = async () => {
    await run(requireTool('fsfreeze'), ['--freeze', folder]);
    isFrozen = true;
  };
  return { cwd, drive, thaw, freeze };
}

describe('without a terminal', () => {
  test('nobody is asked, and nothing is read from standard input', async () => {
    const { cwd, args, content, name, drive } = await scene();
    const { code, stdout, stderr } = await runCli(args, { cwd, input: `${name}\n` });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('nobody can be asked whether this is the right drive');
    expect(stderr).toContain(
      `palette-edge usb write image.iso ${drive.path} --yes --not-removable --serial ${drive.file}`,
    );
    expect((await content()).equals(empty)).toBe(true);
  });

  test('--yes with the serial number is enough', async () => {
    const { cwd, args, image, content, drive } = await scene();
    const { code, stdout, stderr } = await runCli([...args, '--yes'], { cwd });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('verified  yes, every byte'),
    });
    expect(stderr).toContain(`Everything on ${drive.path} will be lost.`);
    expect(stderr).toMatch(/^Writing: 5\.24 MB of 5\.24 MB, 100 %/m);
    expect(stderr).toMatch(/^Reading back: 5\.24 MB of 5\.24 MB, 100 %/m);
    expect((await content()).subarray(0, image.length).equals(image)).toBe(true);
  });

  test('--json gives one document', async () => {
    const { cwd, args, drive } = await scene();
    const refused = await runCli([...args, '--json'], { cwd });
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'DRIVE_NOT_CONFIRMED' } });
    const { code, stdout, stderr } = await runCli([...args, '--json', '--yes'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ device: drive.path, bytes: 5 * mebibyte, verified: true });
  });

  test.each([['--yes'], ['--not-removable']])('%s alone is wrong usage', async (flag) => {
    const { cwd, drive, content } = await scene();
    const { code, stderr } = await runCli(['usb', 'write', 'image.iso', drive.path, flag], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--serial') });
    expect((await content()).equals(empty)).toBe(true);
  });

  test('the environment and config files agree to nothing', async () => {
    const { cwd, args, content, drive } = await scene();
    const env = { PALETTE_EDGE_YES: '1', PALETTE_EDGE_NOT_REMOVABLE: '1' };
    expect(await runCli(args, { cwd, env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DRIVE_NOT_CONFIRMED'),
    });
    const plain = ['usb', 'write', 'image.iso', drive.path, '--serial', drive.file, '--yes'];
    expect(await runCli(plain, { cwd, env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DRIVE_NOT_REMOVABLE'),
    });
    await writeFile(join(cwd, 'palette-edge.yaml'), 'usb write: {yes: true}');
    expect(await runCli(args.slice(0, -1), { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('yes'),
    });
    expect((await content()).equals(empty)).toBe(true);
  });
});
