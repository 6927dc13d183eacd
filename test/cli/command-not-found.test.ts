import { readdirSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { runCli } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = async (...args: string[]) => await runCli(args, { cwd: await temporaryFolder() });
const commands = readdirSync(new URL('../../src/commands/', import.meta.url), {
  recursive: true,
  encoding: 'utf8',
})
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replace(/\.ts$/, '').replaceAll(/[\\/]/g, ' '))
  .toSorted();
const known = [`The commands are ${commands.join(', ')}.`, 'See the help: palette-edge --help'];

const told = (message: string, suggestions: readonly string[]) => ({
  code: 2,
  stdout: '',
  stderr: [
    'Error: ' + message,
    'Code: USAGE',
    'Try this:',
    ...suggestions.map((text) => `  - ${text}`),
    '',
  ].join('\n'),
});

describe('words that are no command', () => {
  test.each([
    ['resolve', 'foo.json'],
    ['resolve', 'foo.json', 'bar.json'],
    ['build', 'nginx:1.25'],
  ])('%s %s: the command takes no argument', async (command, word, ...more) => {
    expect(await run(command, word, ...more)).toEqual(
      told(`${command} takes no argument ${word}`, [
        `For a profile: palette-edge ${command} --profile ${word}`,
        `For an image: palette-edge ${command} --image ${word}`,
        `See the help: palette-edge ${command} --help`,
      ]),
    );
  });

  test('a word that a shell would not take as it is, is not repeated in a command to copy', async () => {
    const { stderr } = await run('resolve', 'my profile;x');
    expect(stderr).toContain('palette-edge resolve --profile FILE\n');
  });

  test('a command without sources of images names none', async () => {
    expect(await run('demo', 'foo')).toEqual(
      told('demo takes no argument foo', ['See the help: palette-edge demo --help']),
    );
  });

  test('the nearest command is named', async () => {
    expect(await run('bulid', 'foo')).toEqual(
      told('palette-edge has no command bulid', ['Did you mean this? palette-edge build', ...known]),
    );
  });

  test('nothing near: the commands are named', async () => {
    expect(await run('frobnicate')).toEqual(told('palette-edge has no command frobnicate', known));
  });

  test('a command of two words', async () => {
    expect(commands).toContain('usb write');
    expect(await run('usb', 'lst')).toEqual(
      told('palette-edge has no command usb lst', ['Did you mean this? palette-edge usb list', ...known]),
    );
    expect(await run('usb', 'list', '/dev/sdb')).toEqual(
      told('usb list takes no argument /dev/sdb', ['See the help: palette-edge usb list --help']),
    );
  });

  test('another name of a command is not listed, and is known all the same', async () => {
    expect(known.join()).not.toContain('deploy');
    expect(await run('deplyo')).toEqual(
      told('palette-edge has no command deplyo', ['Did you mean this? palette-edge deploy', ...known]),
    );
  });

  test('a value is not repeated, and no terminal is steered', async () => {
    const { stderr } = await run('Pass\u001Bword=s3cret');
    expect(stderr).toMatch(/^Error: palette-edge has no command Pass\uFFFDword=…\n/);
    expect(stderr).not.toContain('s3cret');
  });
});

describe('with --json', () => {
  test.each([
    [['resolve', 'foo', '--json'], 'resolve takes no argument foo'],
    [['resolve', 'nginx:1', '--json'], 'resolve takes no argument nginx:1'],
    [['bulid', '--json'], 'palette-edge has no command bulid'],
    [['--json'], 'there is no command before --json'],
    [['--json', 'resolve'], 'there is no command before --json'],
  ])('%j is one document', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', message, exitCode: 2 } });
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
  });

  test('a flag before the command: the right order is shown', async () => {
    const { stdout } = await run('--json', 'resolve', '--image', 'nginx');
    expect(JSON.parse(stdout)).toMatchObject({
      error: { suggestions: ['Write the command first: palette-edge resolve --json', ...known] },
    });
  });
});
