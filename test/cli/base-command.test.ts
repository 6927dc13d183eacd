import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, onTestFinished, test } from 'vitest';

import Sign from '../../src/commands/sign.ts';
import { exitCodes } from '../../src/errors.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCommand } from './run-command.ts';
import { SampleCommand } from './sample-command.ts';

const run = async (...argv: string[]) => await runCommand(SampleCommand, argv);

describe('a command that succeeds', () => {
  test('has its result on stdout, the conversation on stderr, and exit code 0', async () => {
    expect(await run('show')).toEqual({
      stdout: 'the result\n',
      stderr: 'about to show the result\n',
      exitCode: 0,
    });
  });

  test('prints one JSON document with --json, and nothing else', async () => {
    const { stdout, stderr, exitCode } = await run('show', '--json');
    expect(JSON.parse(stdout)).toEqual({ text: 'the result' });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  });

  test('may end with an exit code of its own', async () => {
    expect(await run('damaged')).toEqual({ stdout: 'the result\n', stderr: '', exitCode: 5 });
  });

  test('writes text from outside without steering the terminal, and percent signs as they are', async () => {
    const { stdout, stderr } = await run('show', '--text', '\u001B[2J 100 %s %d %%\nrow 2');
    expect(stdout).toBe('\uFFFD[2J 100 %s %d %%\nrow 2\n');
    expect(stderr).toBe('about to show \uFFFD[2J 100 %s %d %%\nrow 2\n');
  });

  test('leaves nothing behind in the process', async () => {
    const count = () =>
      [process, process.stdout].map((emitter) =>
        emitter.eventNames().map((name) => [name, emitter.listenerCount(name)]),
      );
    await run('show');
    const before = count();
    await run('show');
    expect(count()).toEqual(before);
  });

  test('shows progress as lines where nobody watches, and none with --json', async () => {
    expect((await run('transfer')).stderr).toMatch(
      /^on the way\nWarning: too slow \[SLOW\]\nPulling: 10 B of 10 B, 100 %, in under 1 s\n$/,
    );
    expect((await run('transfer', '--json')).stderr).toBe('');
  });

  test('says nothing but its result and warnings with --quiet', async () => {
    expect((await run('transfer', '--quiet')).stderr).toBe('Warning: too slow [SLOW]\n');
    expect(await run('show', '--quiet', '--verbose')).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

test('a flag that is missing is named as it is typed', async () => {
  const { stderr, exitCode } = await runCommand(Sign, ['edge.tar.zst']);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringMatching(/^Error: Missing required flag --private-key\nCode: USAGE\n/),
  });
});

test('without a build there is one line that says so', async () => {
  const folder = await temporaryFolder();
  await cp(new URL('../../bin', import.meta.url), join(folder, 'bin'), { recursive: true });
  await cp(new URL('../../package.json', import.meta.url), join(folder, 'package.json'));
  expect(await runCli([], { cwd: folder, entry: join(folder, 'bin/run.js') })).toEqual({
    code: 1,
    stdout: '',
    stderr: 'palette-edge is not built here. In a checkout, run: npm run build\n',
  });
});

describe('a failure', () => {
  test('is told on stderr with code and suggestions', async () => {
    expect(await run('fail')).toEqual({
      stdout: '',
      stderr: 'Error: the result failed\nCode: SAMPLE_FAILED\nTry this:\n  - Try it another way.\n',
      exitCode: 6,
    });
  });

  test.each(Object.entries(exitCodes).filter(([kind]) => kind !== 'ok'))(
    'of kind %s ends with %d',
    async (kind, exitCode) => {
      expect((await run('fail', '--kind', kind)).exitCode).toBe(exitCode);
    },
  );

  test('is one JSON document on stdout with --json', async () => {
    const { stdout, stderr, exitCode } = await run('fail', '--json', '--text', '\u001B[2J');
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'SAMPLE_FAILED',
        message: '\u001B[2J failed',
        exitCode: 6,
        suggestions: ['Try it another way.'],
        details: { text: '\u001B[2J' },
      },
    });
    expect(stdout).not.toContain('\u001B');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 6 });
  });
});

describe('a bug', () => {
  test('is told as one, with its stack and exit code 1', async () => {
    const { stdout, stderr, exitCode } = await run('bug');
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
    expect(stderr).toMatch(/^This is a bug in palette-edge\. Please report it, with what follows\.\n/);
    expect(stderr).toMatch(/\nTypeError: the result is not a function\n {4}at .*sample-command\.ts/);
  });

  test('is JSON with --json', async () => {
    const { stdout, stderr, exitCode } = await run('bug', '--json');
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'BUG', message: 'the result is not a function', exitCode: 1, suggestions: [] },
    });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 1 });
  });
});

describe('wrong usage', () => {
  const seeHelp = 'Code: USAGE\nTry this:\n  - See the help: palette-edge sample --help\n';

  test.each([
    ['an unknown flag', ['show', '--bogus'], 'Nonexistent flag: --bogus'],
    ['a missing argument', [], 'WHAT is missing: (show|fail|bug|wait|never-end|damaged|transfer|talk|full)'],
    ['an argument too many', ['show', 'more'], 'Unexpected argument: more'],
    ['a flag without its value', ['show', '--text'], 'Flag --text expects a value'],
    [
      'a value out of range',
      ['show', '--count', '0'],
      '--count: Expected an integer greater than or equal to 1 but received: 0',
    ],
    ['another word', ['shew'], 'Expected shew to be one of: show, fail,'],
  ])('%s is told with exit code 2', async (_what, argv, message) => {
    const { stdout, stderr, exitCode } = await run(...argv);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toContain(`Error: ${message}`);
    expect(stderr.endsWith(seeHelp)).toBe(true);
    expect(stderr).not.toContain('See more help');
  });

  test('is JSON with --json', async () => {
    const { stdout, stderr, exitCode } = await run('show', '--bogus', '--json');
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'USAGE',
        message: 'Nonexistent flag: --bogus',
        exitCode: 2,
        suggestions: ['See the help: palette-edge sample --help'],
      },
    });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 2 });
  });

  test.each([
    [['show', 'Password=s3cret'], 'Unexpected argument: Password=…'],
    [['show', 'more', 'A=1', 'B=s3cret and more'], 'Unexpected arguments: more, A=…'],
    [['show', '--vra=Password=s3cret'], 'Nonexistent flag: --vra=…'],
  ])('does not repeat a value: %j', async (argv, message) => {
    const { stderr } = await run(...argv);
    expect(stderr).toContain(`Error: ${message}\n`);
    expect(stderr).not.toContain('s3cret');
  });
});

describe('in a process of its own', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s stops a command that waits', async (signal) => {
    const child = startSample('wait');
    await child.says('waiting\n');
    child.process.kill(signal);
    expect(await child.end()).toEqual({
      stdout: '',
      stderr:
        'waiting\nstopping\nError: interrupted\nCode: INTERRUPTED\nTry this:\n' +
        '  - Run the same command again.\n',
      exitCode: 130,
    });
  });

  test('an interruption is JSON with --json', async () => {
    const child = startSample('wait', '--json');
    await child.says('waiting\n');
    child.process.kill('SIGINT');
    const { stdout, stderr, exitCode } = await child.end();
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'INTERRUPTED', exitCode: 130 } });
    expect({ stderr, exitCode }).toEqual({ stderr: 'waiting\nstopping\n', exitCode: 130 });
  });

  test('the second Ctrl-C waits for nothing', async () => {
    const child = startSample('never-end');
    await child.says('waiting\n');
    child.process.kill('SIGINT');
    await child.says('stopping\n');
    child.process.kill('SIGINT');
    expect(await child.end()).toMatchObject({ stdout: '', exitCode: 130 });
  });

  test.each([
    ['show', 0],
    ['damaged', 5],
    ['fail --json', 6],
  ])('%s whose reader has gone ends quietly and keeps its exit code %d', async (argv, exitCode) => {
    const child = startSample(...argv.split(' '), '--text', 'x');
    child.process.stdout?.destroy();
    const ended = await child.end();
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toBe(argv === 'show' ? 'about to show x\n' : '');
  });
});

describe('streams that fail', () => {
  test('a stderr whose reader has gone does not end a command', async () => {
    const child = startSample('talk');
    await child.says('listening?\n');
    child.process.stderr?.destroy();
    await once(child.process.stderr ?? child.process, 'close');
    child.process.stdin?.end();
    expect(await child.end()).toMatchObject({ stdout: 'the result\n', exitCode: 0 });
  });

  test.each([[[]], [['--json']]])('a full disk behind stdout is told in one line, %j', async (more) => {
    const child = startSample('full', '--text', 'x', ...more);
    expect(await child.end()).toEqual({
      stdout: '',
      stderr: 'Error: writing to standard output failed: no space left on the device\n',
      exitCode: 7,
    });
  });
});

/** Starts the sample command as the entry script does. */
function startSample(...argv: string[]) {
  const module = new URL('sample-command.ts', import.meta.url).href;
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const script = `
    import { SampleCommand } from ${JSON.stringify(module)};
    await SampleCommand.run(process.argv.slice(1), { root: ${JSON.stringify(root)}, ignoreManifest: true });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, '--', ...argv], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return watch(child);
}

function watch(child: ChildProcess) {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const ended = once(child, 'close');
  return {
    process: child,
    /** Resolves when stderr has the text. */
    says: async (text: string) => {
      while (!output.stderr.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended: ${output.stderr}`);
        await Promise.race([once(child.stderr ?? child, 'data'), ended]);
      }
    },
    end: async () => {
      const [exitCode] = await ended;
      return { ...output, exitCode: Number(exitCode) };
    },
  };
}
