import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import Build from '../../src/commands/build.ts';
import { pushSeededImages } from '../support/push-seeded-images.ts';
import { runCli } from '../support/run-cli.ts';
import { runningRegistry } from '../support/running-registry.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openTerminal } from '../support/terminal.ts';
import { runCommand } from './run-command.ts';

const file = 'palette-edge.yaml';
const profile = (name: string) => JSON.stringify({ metadata: { name }, spec: { template: { packs: [] } } });

/** A folder with two profiles and a list. */
async function scene(): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'infra.json'), profile('edge-infra'));
  await writeFile(join(cwd, 'addons.json'), profile('shop'));
  await writeFile(join(cwd, 'images.txt'), 'ghcr.io/org/app:1\n');
  return cwd;
}

/** What the file sets, without its comments. */
async function settings(cwd: string): Promise<string> {
  const text = await readFile(join(cwd, file), 'utf8');
  return text.replaceAll(/^ *#.*\n|^\n/gm, '');
}

describe('at a terminal', () => {
  test('asks one thing after the other, again for what it cannot read, and shows what comes next', async () => {
    const cwd = await scene();
    const terminal = openTerminal(['init'], cwd);
    const answer = async (question: string, ...answers: readonly string[]) => {
      await terminal.says(question);
      for (const [index, text] of answers.entries()) {
        if (index > 0) await terminal.says('Not understood');
        terminal.type(`${text}\r`);
      }
    };
    await terminal.says('   1  addons.json  profile shop\r\n');
    await terminal.says('   2  images.txt   list of 1 image\r\n');
    await answer('or uids of profiles in Palette [1 3]: ', '3, images.txt 65C1F0A2D1E4B2A6F0C9D111');
    await answer('Project of the profiles in Palette, its uid [none]: ', '');
    await answer('amd64, arm64 or all [all]: ', 'arm64');
    await answer('Registry at the site, HOST:PORT/PREFIX [none]: ', 'https://r.site', 'r.site:5000/edge');
    await terminal.says('   3  iso        ');
    await answer('A number or a name [file]: ', '3');
    await terminal.says('code 0');
    const shown = (await terminal.end()).replaceAll('\r', '');
    expect(await settings(cwd)).toBe(
      'profile: infra.json\nimages-file: images.txt\ncluster-profile-ids: "65c1f0a2d1e4b2a6f0c9d111"\n' +
        'build:\n  arch: arm64\n  iso: true\n',
    );
    expect(shown).toContain('Not understood: registry "https://r.site": a name has no https://\n');
    expect(shown).toContain('  profile   infra.json\n  images    images.txt\n');
    expect(shown).toMatch(/Next, see what .*\n {2}export PALETTE_API_KEY=…\n {2}.* build --dry-run\nThen:\n/);
    expect(shown).toMatch(/ push BUNDLE r\.site:5000\/edge\n/);
  });

  test('what flags answer is not asked, and nothing typed takes the defaults', async () => {
    const cwd = await scene();
    const terminal = openTerminal(['init', '--media', 'fat32', '--registry', 'r.site'], cwd);
    await terminal.says(' [1 3]: ');
    terminal.type('\r');
    await terminal.says(' [all]: ');
    terminal.type('\r');
    await terminal.says('code 0');
    const shown = await terminal.end();
    expect(shown).not.toContain('Registry at the site');
    expect(shown).not.toContain('How do bundles');
    expect(await settings(cwd)).toBe('profile:\n  - addons.json\n  - infra.json\nbuild:\n  split: 4GiB-1\n');
  });

  test('a file that is there is replaced only by a yes', async () => {
    const cwd = await scene();
    await writeFile(join(cwd, file), 'not: ours: at all');
    const refused = openTerminal(['init', '--images-file', 'images.txt'], cwd);
    await refused.says('Type yes to replace it: ');
    refused.type('y\r');
    await refused.says('code 2');
    expect(await refused.end()).toContain('Code: OUTPUT_TAKEN');
    expect(await readFile(join(cwd, file), 'utf8')).toBe('not: ours: at all');
    const args = ['init', '--images-file', 'images.txt', '--arch', 'amd64', '--registry', 'r.site'];
    const agreed = openTerminal([...args, '--media', 'file'], cwd);
    await agreed.says('Type yes to replace it: ');
    agreed.type('yes\r');
    await agreed.says('code 0');
    await agreed.end();
    expect(await settings(cwd)).toBe('images-file: images.txt\nbuild:\n  arch: amd64\n');
  });

  test.each([
    ['Ctrl-C', 'in\u0003', 'code 130', 'Nothing was written. Run the same command again.'],
    ['Ctrl-D', '\u0004', 'code 2', 'a question was not answered, and nothing was written'],
  ])('%s leaves no file, and the terminal as it was', async (...[, typed, code, message]) => {
    const cwd = await scene();
    const terminal = openTerminal(['init'], cwd);
    await terminal.says(' [1 3]: ');
    terminal.type(typed);
    await terminal.says(code);
    const shown = await terminal.end();
    expect(shown).toContain(message);
    expect(shown).toMatch(/[ ;]icanon/);
    expect((await readdir(cwd)).filter((name) => name.startsWith(file))).toEqual([]);
  });
});

test('at a terminal, too, the words of an error are plain', async () => {
  const terminal = openTerminal(['sign', 'edge.tar.zst'], await temporaryFolder());
  await terminal.says('code 2');
  expect(await terminal.end()).toContain('Error: Missing required flag --private-key\r\n');
});

describe('without a terminal', () => {
  test('--yes takes the profiles of the folder, and gives one document with --json', async () => {
    const cwd = await scene();
    // Neither the environment nor a config file agrees, or has a say in what is written.
    await writeFile(join(cwd, 'own.yaml'), 'force: true');
    const { code, stdout } = await runCli(['init', '--yes', '--json'], { cwd });
    expect({ code, document: JSON.parse(stdout) }).toEqual({
      code: 0,
      document: {
        path: file,
        profiles: ['addons.json', 'infra.json'],
        imagesFiles: [],
        clusterProfileIds: [],
        architectures: [],
        media: 'file',
      },
    });
    const again = await runCli(['init', '--yes'], { cwd, env: { PALETTE_EDGE_FORCE: '1' } });
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('Code: OUTPUT_TAKEN') });
    const forced = await runCli(['init', '--yes', '--force', '--profile', 'infra.json'], { cwd });
    expect(forced).toMatchObject({ code: 0, stderr: '' });
    expect(await settings(cwd)).toBe('profile: infra.json\n');
  });

  test('nobody is asked: what is open is named, and a link that leads nowhere is a file, too', async () => {
    const cwd = await scene();
    const open = await runCli(['init', '--profile', 'infra.json', '--media', 'iso'], {
      cwd,
      input: '\n\n\n',
    });
    expect(open).toMatchObject({ code: 2, stdout: '' });
    expect(open.stderr).toMatch(
      /^Error: nobody can be asked for --arch, --registry: .*\nCode: INIT_UNANSWERED\n/,
    );
    await symlink('nowhere', join(cwd, file));
    const taken = await runCli(['init', '--yes'], { cwd });
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('Code: OUTPUT_TAKEN') });
    expect(await readdir(cwd)).not.toContain('nowhere');
  });

  test.each([
    ['a profile that is none', ['--profile', 'images.txt'], 'PROFILE_INVALID'],
    [
      'a registry with a password',
      ['--profile', 'infra.json', '--registry', 'a:s3cret@r.site'],
      'REGISTRY_INVALID',
    ],
    ['a uid that is none', ['--cluster-profile-ids', 'infra'], 'PALETTE_UID_INVALID'],
  ])('%s ends it before anything is written', async (...[, args, code]) => {
    const cwd = await scene();
    const { stderr, code: ended } = await runCli(['init', '--yes', ...args], { cwd });
    expect({ ended, stderr }).toEqual({ ended: 2, stderr: expect.stringContaining(`\nCode: ${code}\n`) });
    expect(stderr).not.toContain('s3cret');
    expect(await readdir(cwd)).not.toContain(file);
  });
});

test('build takes the file that was written', async () => {
  const { host } = await runningRegistry();
  const { references } = await pushSeededImages(host, [
    { name: 'org/app', layers: [{ seed: 'layer', size: 1000 }] },
  ]);
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'list.txt'), `${references.join('\n')}\n`);
  const init = ['init', '--images-file', 'list.txt', '--arch', 'amd64', '--media', 'fat32', '--yes'];
  expect(await runCli(init, { cwd })).toMatchObject({ code: 0 });
  const args = ['--config', join(cwd, file), '--plain-http', host, '--store', join(cwd, 'store')];
  const { stdout, stderr, exitCode } = await runCommand(Build, [...args, '--dry-run']);
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('--images-file'),
  });
  expect(stderr).toContain('--arch');
  expect(stderr).toContain('--split');
  expect(stdout).toMatch(/\n {2}images +1\n/);
});
