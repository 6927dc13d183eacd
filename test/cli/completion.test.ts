import { beforeAll, describe, expect, test } from 'vitest';

import { bashCompletion } from '../../src/cli/completion-bash.ts';
import { commandLineShape } from '../../src/cli/completion-commands.ts';
import type { CommandLineShape } from '../../src/cli/completion-commands.ts';
import { fishCompletion } from '../../src/cli/completion-fish.ts';
import { zshCompletion } from '../../src/cli/completion-zsh.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { bashOffers, fishOffers, typedShell } from './completion-shells.ts';
import { sourceCommands } from './source-commands.ts';

let shape: CommandLineShape;
let bash: string;
let zsh: string;
let fish: string;

beforeAll(async () => {
  const config = await sourceCommands();
  shape = commandLineShape(config.bin, config.commands, config.topics);
  bash = bashCompletion(shape);
  zsh = zshCompletion(shape);
  fish = fishCompletion(shape);
});

describe('the shape of the command line', () => {
  const valueOf = (command: string, flag: string) =>
    shape.commands.find(({ name }) => name === command)?.flags.find(({ name }) => name === flag)?.value;

  test('has all that is shown, and nothing that is hidden', () => {
    const names = shape.commands.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['build', 'usb write', 'completion']));
    expect(names).not.toContain('deploy');
    const topics = shape.topics.map(({ name }) => name);
    expect(topics).toEqual(expect.arrayContaining(['installer', 'iso', 'keys', 'store', 'usb']));
    expect(topics).not.toContain('build');
    expect(valueOf('login', 'password')).toBeUndefined();
  });

  test.each([
    ['build', 'arch', { words: ['amd64', 'arm64'], paths: 'none' }],
    ['build', 'profile', { words: [], paths: 'files' }],
    ['build', 'store', { words: [], paths: 'folders' }],
    ['build', 'verify-image-key', { words: [], paths: 'files' }],
    ['build', 'add', { words: [], paths: 'files' }],
    ['build', 'image', { words: [], paths: 'none' }],
    ['load', 'into', { words: ['containerd', 'podman', 'docker', 'k3s', 'rke2'], paths: 'folders' }],
  ])('%s --%s takes what its help says', (command, flag, value) => {
    expect(valueOf(command, flag)).toMatchObject(value);
  });

  test('knows of every argument whether it is a path', () => {
    const pathless = shape.commands.filter(({ argument }) => argument?.paths === 'none');
    expect(pathless.map(({ name }) => name)).toEqual(['completion', 'doctor', 'login', 'logout']);
  });

  test('has summaries of one line, which names of files do not cut', () => {
    const all = shape.commands.flatMap(({ summary, flags }) => [
      summary,
      ...flags.map((flag) => flag.summary),
    ]);
    expect(all.filter((summary) => summary === '' || summary.includes('\n'))).toEqual([]);
    expect(shape.commands.find(({ name }) => name === 'build')?.summary).toMatch(/ into one \.tar\.zst$/);
  });
});

describe('bash', () => {
  test.each([
    ['commands', ['bu'], ['build']],
    ['commands and topics', ['s'], ['serve', 'sign', 'squeeze', 'store']],
    ['the commands of a topic', ['store', ''], ['list', 'prune', 'verify', '--help']],
    ['flags', ['build', '--iso-'], ['--iso-label', '--iso-path']],
    ['flags of a command in a topic', ['usb', 'write', '--s'], ['--serial']],
    ['values', ['build', '--arch', ''], ['amd64', 'arm64']],
    ['values behind an equals sign', ['build', '--arch', '='], ['amd64', 'arm64']],
    ['values begun behind an equals sign', ['build', '--arch', '=', 'ar'], ['arm64']],
    ['files', ['build', '--profile', ''], ['bundle one.tar.zst', 'content', 'notes.txt', 'script']],
    ['files behind a prefix', ['build', '--verify-image-key', 'a.io', '=', 'no'], ['notes.txt']],
    ['folders', ['build', '--store', ''], ['content']],
    ['words and folders', ['load', '--into', 'con'], ['containerd', 'content']],
    ['nothing where nothing is known', ['build', '--image', ''], []],
    ['files as arguments, behind a switch', ['verify', '--json', 'bu'], ['bundle one.tar.zst']],
    ['no flags behind --', ['verify', '--', '--'], []],
    ['no files where none are taken', ['login', ''], []],
    ['the shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['nothing of an unknown command', ['burn', '--'], []],
  ])('offers %s', async (_, words, offered) => {
    expect((await bashOffers(bash, words)).toSorted()).toEqual(offered.toSorted());
  });

  test('completes at a terminal, with quotes where a name needs them', async () => {
    const { typed } = await typedShell(['bash', '--norc', '-i'], 'source ./script', bash);
    await typed('palette-edge verify bu\t', String.raw`bundle\ one.tar.zst `);
    await typed('\x15palette-edge build --arch=am\t', '--arch=amd64 ');
    const folder = await typed('\x15palette-edge build --store con\t', '--store content/');
    expect(folder).not.toContain('notes.txt');
  });
});

describe('fish', () => {
  test.each([
    ['commands', 'bu', ['build']],
    ['commands and topics', 's', ['serve', 'sign', 'squeeze', 'store']],
    ['the commands of a topic', 'store ', ['list', 'prune', 'verify']],
    ['flags', 'build --iso-', ['--iso-label', '--iso-path']],
    ['flags of a command in a topic', 'usb write --s', ['--serial']],
    ['values', 'build --arch ', ['amd64', 'arm64']],
    ['values behind an equals sign', 'build --arch=ar', ['--arch=arm64']],
    ['files', 'build --profile no', ['notes.txt']],
    ['folders', 'build --store ', ['content/']],
    ['words and folders', 'load --into con', ['containerd', 'content/']],
    ['nothing where nothing is known', 'build --image ', []],
    ['files as arguments', 'verify --json bu', ['bundle one.tar.zst']],
    ['no files where none are taken', 'login ', []],
    ['the shells', 'completion ', ['bash', 'fish', 'zsh']],
  ])('offers %s', async (_, line, offered) => {
    expect((await fishOffers(fish, `palette-edge ${line}`)).toSorted()).toEqual(offered);
  });
});

describe('zsh', () => {
  test('completes at a terminal', async () => {
    const start = 'autoload -Uz compinit; compinit -D -u; source ./script';
    const { typed } = await typedShell(['zsh', '-f', '-i'], start, zsh);
    const kill = '\x15palette-edge ';
    await typed(`${kill}bu\t`, 'build ');
    await typed(`${kill}store pr\t`, 'prune ');
    await typed(`${kill}build --arch am\t`, 'amd64 ');
    await typed(`${kill}build --arch=ar\t`, 'arm64 ');
    await typed(`${kill}build -o no\t`, 'notes.txt ');
    await typed(`${kill}build --store con\t`, 'content/');
    await typed(`${kill}load --into po\t`, 'podman ');
    await typed(`${kill}verify --json bu\t`, String.raw`bundle\ one.tar.zst `);
    await typed(`${kill}usb write --ser\t`, '--serial');
    const listed = await typed(`${kill}store \t`, 'verify');
    expect(listed).toContain('prune');
  });
});

test.each(['bash', 'zsh', 'fish'])('the script for %s is printed', async (shell) => {
  const { stdout, stderr, code } = await runCli(['completion', shell], { cwd: await temporaryFolder() });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toBe(`${{ bash, zsh, fish }[shell]}\n`);
});

test('another shell is refused', async () => {
  const { stderr, code } = await runCli(['completion', 'tcsh'], { cwd: await temporaryFolder() });
  expect(code).toBe(2);
  expect(stderr).toContain('bash, zsh, fish');
});
