import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Case {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

const here = 'palette-edge.yaml';
const user = '.config/palette-edge/palette-edge.yaml';

/** Runs in a folder of its own, which is the home folder, too. */
async function run(args: readonly string[], { files = {}, env = {} }: Case = {}): Promise<CliRun> {
  const cwd = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), text);
  }
  return await runCli(args, { cwd, env });
}

/** The images that `resolve` shows: the flag under test is --image. */
async function images(args: readonly string[], given: Case): Promise<string[]> {
  const { code, stdout, stderr } = await run(['resolve', '--plain', ...args], given);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout.trim().split('\n');
}

describe('what wins', () => {
  const everywhere = {
    files: { [here]: 'image: here.test/a:1', [user]: 'image: user.test/a:1' },
    env: { PALETTE_EDGE_IMAGE: 'env.test/a:1' },
  };

  test('a flag over the environment over the file here over the file of the user', async () => {
    const { files, env } = everywhere;
    expect(await images(['--image', 'flag.test/a:1'], everywhere)).toEqual(['flag.test/a:1']);
    expect(await images([], everywhere)).toEqual(['env.test/a:1']);
    expect(await images([], { files })).toEqual(['here.test/a:1']);
    expect(await images([], { files: { [user]: files[user] } })).toEqual(['user.test/a:1']);
    expect(await images(['--no-config'], { env })).toEqual(['env.test/a:1']);
  });

  test('the file here wins key by key: what it leaves out is the user’s', async () => {
    const files = { [here]: 'image: here.test/a:1', [user]: 'resolve: {plain: true, image: user.test/a:1}' };
    expect((await run(['resolve'], { files })).stdout).toBe('here.test/a:1\n');
  });

  test('a section of the command over the top of the same file', async () => {
    const files = {
      [here]: 'image: top.test/a:1\nresolve:\n  image: own.test/a:1\nbuild:\n  image: b.test/a:1',
    };
    expect(await images([], { files })).toEqual(['own.test/a:1']);
  });

  test('a boolean that is set elsewhere is taken back with --no-…, or the environment', async () => {
    const files = { [here]: 'plain: true\nimage: a.test/a:1' };
    const isPlain = async (args: readonly string[], env = {}) =>
      (await run(['resolve', ...args], { files, env })).stdout === 'a.test/a:1\n';
    expect(await isPlain([])).toBe(true);
    expect(await isPlain(['--no-plain'])).toBe(false);
    expect(await isPlain([], { PALETTE_EDGE_PLAIN: '0' })).toBe(false);
    expect(await isPlain(['--plain'], { PALETTE_EDGE_PLAIN: 'false' })).toBe(true);
  });
});

describe('the environment', () => {
  test('a repeatable flag has a value on each line', async () => {
    const env = { PALETTE_EDGE_IMAGE: 'a.test/a:1\r\n\nb.test/b:1\n' };
    expect(await images([], { env })).toEqual(['a.test/a:1', 'b.test/b:1']);
  });

  test('a value may have commas and equals signs in it, and begin with a dash', async () => {
    const profile = 'metadata: {name: p}\nspec: {packs: []}\n';
    const env = { PALETTE_EDGE_VAR: 'List=a,b=c\nOther=-x', PALETTE_EDGE_IMAGE: 'a.test/a:1' };
    expect(await images([], { env, files: { 'p.yaml': profile } })).toEqual(['a.test/a:1']);
  });

  test('an empty variable sets nothing', async () => {
    const env = { PALETTE_EDGE_IMAGE: '', PALETTE_EDGE_PLAIN: '', PALETTE_EDGE_CONFIG: '' };
    expect(await images([], { env, files: { [here]: 'image: a.test/a:1' } })).toEqual(['a.test/a:1']);
  });

  test.each([
    ['PALETTE_EDGE_PLAIN', 'yes', 'resolve', 'expected true or false, received "yes"'],
    ['PALETTE_EDGE_NO_CONFIG', 'on', 'resolve', 'expected true or false, received "on"'],
    ['PALETTE_EDGE_ARCH', 'amd64\nriscv', 'build', 'expected amd64 or arm64, received "riscv"'],
    [
      'PALETTE_EDGE_CONCURRENCY',
      '0',
      'build',
      'expected an integer greater than or equal to 1 but received: 0',
    ],
    ['PALETTE_EDGE_CONCURRENCY', 'many', 'build', 'expected an integer but received: many'],
  ])('%s=%j is wrong usage that names the variable', async (...[name, value, command, message]) => {
    const { code, stdout, stderr } = await run([command, '--image', 'a.test/a:1'], {
      env: { [name]: value },
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `Error: ${name}: ${message}\nCode: ENVIRONMENT_INVALID\nTry this:\n  - Correct the variable, or unset it.\n`,
    );
  });

  test('a wrong variable does not matter where the flag is typed', async () => {
    const { code } = await run(['resolve', '--plain', '--image', 'a.test/a:1'], {
      env: { PALETTE_EDGE_PLAIN: 'yes' },
    });
    expect(code).toBe(0);
  });
});

describe('config files', () => {
  test('that are used are told, with the flags, and on stderr with --json, too; not when they set nothing, nor with --quiet', async () => {
    const files = { [here]: 'image: a.test/a:1\nplain: true\nbuild: {store: x}' };
    expect((await run(['resolve'], { files })).stderr).toBe('Using palette-edge.yaml for --image, --plain\n');
    const json = await run(['resolve', '--json'], { files });
    expect(json.stderr).toBe('Using palette-edge.yaml for --image, --plain\n');
    expect(JSON.parse(json.stdout)).toMatchObject({ images: [{ name: 'a.test/a:1' }] });
    const unused = await run(['resolve', '--plain', '--image', 'b.test/b:1'], { files });
    expect(unused.stderr).toBe('');
    const quiet = await run(['resolve', '--quiet'], { files });
    expect(quiet).toMatchObject({ stdout: 'a.test/a:1\n', stderr: '' });
  });

  test('--config and PALETTE_EDGE_CONFIG name the only one, --no-config none', async () => {
    const files = {
      [here]: 'image: here.test/a:1',
      'one.yaml': 'image: one.test/a:1',
      'two.yaml': 'image: two.test/a:1',
    };
    const env = { PALETTE_EDGE_CONFIG: 'two.yaml' };
    expect(await images(['--config', 'one.yaml'], { files, env })).toEqual(['one.test/a:1']);
    expect(await images([], { files, env })).toEqual(['two.test/a:1']);
    const off = { PALETTE_EDGE_NO_CONFIG: '1' };
    expect(await images(['--config', 'one.yaml'], { files, env: off })).toEqual(['one.test/a:1']);
    for (const none of [
      await run(['resolve', '--no-config'], { files, env }),
      await run(['resolve'], { files, env: off }),
    ]) {
      expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('NO_INPUT') });
    }
    expect(await run(['resolve', '--config', 'one.yaml', '--no-config'], { files })).toMatchObject({
      code: 2,
    });
  });

  test('one that was named and is not there fails every command', async () => {
    const { code, stderr } = await run(['verify', 'x.tar.zst', '--config', 'none.yaml']);
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('config file none.yaml failed'),
    });
  });

  test('XDG_CONFIG_HOME moves the file of the user', async () => {
    const files = {
      'xdg/palette-edge/palette-edge.yaml': 'image: xdg.test/a:1',
      [user]: 'image: user.test/a:1',
    };
    const cwd = await temporaryFolder();
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(cwd, name)), { recursive: true });
      await writeFile(join(cwd, name), text);
    }
    const env = { XDG_CONFIG_HOME: join(cwd, 'xdg') };
    const { stdout, stderr } = await runCli(['resolve', '--plain'], { cwd, env });
    expect(stdout).toBe('xdg.test/a:1\n');
    expect(stderr).toBe(`Using ${cwd}/xdg/palette-edge/palette-edge.yaml for --image\n`);
  });

  test('paths are those of the folder of the file', async () => {
    const files = { 'settings/edge.yaml': 'images-file: list.txt', 'settings/list.txt': 'a.test/a:1\n' };
    expect(await images(['--config', 'settings/edge.yaml'], { files })).toEqual(['a.test/a:1']);
  });

  test.each([
    [
      'a value out of range',
      'build:\n  concurrency: 65',
      ':2: concurrency: expected an integer less than or equal to 64',
    ],
    ['another word', 'arch: [amd64, x86]', ':1: arch: expected amd64 or arm64, received "x86"'],
    ['an unknown key', 'concurency: 6', ':1: "concurency" is no flag'],
  ])('%s is wrong usage with file and line', async (_what, text, message) => {
    const { code, stderr } = await run(['build', '--image', 'a.test/a:1'], { files: { [here]: text } });
    expect(code).toBe(2);
    expect(stderr).toContain(`Error: palette-edge.yaml${message}`);
    expect(stderr).toContain('\nCode: CONFIG_FILE_INVALID\n');
  });

  test('one that was found here may not set what is trusted; one that was named, or is the user’s, may', async () => {
    const text = 'image: a.test/a:1\nplain-http: a.test';
    const found = await run(['resolve', '--plain'], { files: { [here]: text } });
    expect(found).toMatchObject({ code: 2, stdout: '' });
    expect(found.stderr).toContain('Error: palette-edge.yaml:2: plain-http: ');
    expect(found.stderr).toContain('/.config/palette-edge/palette-edge.yaml\n');
    const env = { PALETTE_EDGE_CONFIG: here };
    expect(await images([], { files: { [here]: text }, env })).toEqual(['a.test/a:1']);
    expect(await images([], { files: { [user]: text } })).toEqual(['a.test/a:1']);
  });

  test('what is wrong only for another command stops that one', async () => {
    const files = { [here]: 'compression-level: 20\nimage: a.test/a:1' };
    expect(await images([], { files })).toEqual(['a.test/a:1']);
  });

  test('how an image or parts are to be lies ready until it is asked for; typed alone it is a mistake', async () => {
    const args = ['build', '--definition', 'missing.yaml'];
    const text = 'iso-label: SITE\niso-path: content\nbuild: {part-style: canvos}\n';
    const env = { PALETTE_EDGE_ADD: 'notes.txt', PALETTE_EDGE_INCLUDE_TOOL: 'tool' };
    const ready = await run(args, { files: { [here]: text }, env });
    expect(ready).toMatchObject({ code: 4, stderr: expect.stringContaining('missing.yaml') });
    const typed = await run([...args, '--iso-label', 'SITE', '--part-style', 'plain'], {
      files: { [here]: text },
    });
    expect(typed.code).toBe(2);
    expect(typed.stderr).toContain(
      'Error: All of the following must be provided when using --iso-label: --iso\n' +
        '  All of the following must be provided when using --part-style: --split\nCode: USAGE\n',
    );
  });

  test('what belongs together does so wherever it is set, and the error says where', async () => {
    const { code, stderr } = await run(['serve', 'x.tar.zst'], {
      env: { PALETTE_EDGE_TLS_CERT: 'cert.pem' },
    });
    expect(code).toBe(2);
    expect(stderr).toContain('All of the following must be provided when using --tls-cert: --tls-key\n');
    expect(stderr).toContain('--tls-cert was set by PALETTE_EDGE_TLS_CERT\n');
  });

  test('an error about a flag that nobody typed says who set it', async () => {
    const args = ['build', '--image', 'a.test/a:1', '--dry-run'];
    const file = await run([...args, '--config', here], { files: { [here]: '\nplain-http: a/b' } });
    expect(file.stderr).toContain('--plain-http was set by palette-edge.yaml:2\n');
    const variable = await run(args, { env: { PALETTE_EDGE_PLAIN_HTTP: 'a/b' } });
    expect(variable.stderr).toContain('--plain-http was set by PALETTE_EDGE_PLAIN_HTTP\n');
    const typed = await run([...args, '--plain-http', 'a/b']);
    expect(typed.stderr).not.toContain('was set by');
  });
});
