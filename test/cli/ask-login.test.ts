import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { startServer } from '../support/loopback-server.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openTerminal } from '../support/terminal.ts';
import { cliEntry } from '../support/cli-entry.ts';

/** A registry that takes any password, and a login to it in a folder of its own. */
async function scene() {
  const server = await startServer(({ headers }, response) => {
    response.writeHead(headers.authorization === undefined ? 401 : 200, {
      'www-authenticate': 'Basic realm="x"',
    });
    response.end();
  });
  return { cwd: await temporaryFolder(), args: ['login', server.host, '--plain-http', server.host] };
}

async function keptLogin(cwd: string): Promise<string> {
  const text = await readFile(join(cwd, '.docker', 'config.json'), 'utf8');
  const [encoded = ''] = /(?<="auth": ")[^"]*/.exec(text) ?? [];
  return Buffer.from(encoded, 'base64').toString();
}

describe('standard input', () => {
  test.each([
    ['as it is', 's3cret', 's3cret'],
    ['without the line break of echo', 's3cret\n', 's3cret'],
    ['without one of Windows', 's3cret\r\n', 's3cret'],
    ['without one line break only, and with its spaces', ' s3 cret \n\n', ' s3 cret \n'],
  ])('is the password, %s', async (_what, input, password) => {
    const { cwd, args } = await scene();
    expect(await runCli([...args, '--username', 'edge'], { cwd, input })).toMatchObject({ code: 0 });
    expect(await keptLogin(cwd)).toBe(`edge:${password}`);
  });

  test.each([
    ['is empty', ['--username', 'edge'], '', 'the password is empty'],
    ['has no user name to it', [], 's3cret', 'no user name was given'],
    ['has far too much', ['--username', 'edge'], 's3cret'.repeat(20_000), 'more than 65536 bytes'],
  ])('that %s is wrong usage', async (...[, more, input, message]) => {
    const { cwd, args } = await scene();
    const { code, stderr } = await runCli([...args, ...more], { cwd, input });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(stderr).not.toContain('s3cret');
  });

  test.each([[['--password', 's3cret']], [['--password=s3cret']], [['-ps3cret']], [['-p', 's3cret']]])(
    'is the only way: %j is refused, and not repeated',
    async (more) => {
      const { cwd, args } = await scene();
      const { code, stdout, stderr } = await runCli([...args, '--username', 'edge', ...more], { cwd });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining('--password is not taken'),
      });
      expect(stdout + stderr).not.toContain('s3cret');
    },
  );

  test('is the only way: the environment and config files have no password', async () => {
    const { cwd, args } = await scene();
    await writeFile(join(cwd, 'palette-edge.yaml'), 'login: {password: s3cret}');
    const file = await runCli([...args, '--username', 'edge'], { cwd, input: 'x' });
    expect(file).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"password" is no flag of login'),
    });
    const env = { PALETTE_EDGE_PASSWORD: 's3cret', PALETTE_EDGE_NO_CONFIG: '1' };
    expect(await runCli([...args, '--username', 'edge'], { cwd, env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the password is empty'),
    });
  });

  test('is not waited for after an interruption', async () => {
    const { cwd, args } = await scene();
    await writeFile(join(cwd, 'palette-edge.yaml'), 'username: edge');
    const child = spawn(process.execPath, [cliEntry, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdin.write('half of a pass');
    // It says so when signals are listened to already.
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
  });
});

describe('a terminal', () => {
  test('asks for user name and password, and does not show the password', async () => {
    const { cwd, args } = await scene();
    const terminal = openTerminal(args, cwd);
    await terminal.says('User name: ');
    terminal.type('edge\r');
    await terminal.says('Password: ');
    terminal.type('s3cretx\u007F\r');
    await terminal.says('code 0');
    expect(await terminal.end()).not.toContain('s3cret');
    expect(await keptLogin(cwd)).toBe('edge:s3cret');
  });

  test('Ctrl-C at the password ends the login and leaves the terminal as it was', async () => {
    const { cwd, args } = await scene();
    const terminal = openTerminal([...args, '--username', 'edge'], cwd);
    await terminal.says('Password: ');
    terminal.type('s3c\u0003');
    await terminal.says('code 130');
    const shown = await terminal.end();
    expect(shown).toContain('Error: interrupted');
    expect(shown).not.toContain('s3c');
    expect(shown).toMatch(/[ ;]icanon/);
    expect(shown).toMatch(/[ ;]echo /);
  });

  test('Ctrl-D at the password is no password', async () => {
    const { cwd, args } = await scene();
    const terminal = openTerminal([...args, '--username', 'edge'], cwd);
    await terminal.says('Password: ');
    terminal.type('\u0004');
    await terminal.says('code 2');
    expect(await terminal.end()).toContain('nothing was typed');
  });
});
