import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { cliEntry, compiledBefore } from '../support/cli-entry.ts';

/**
 * A shell that lives for several commands, as that of somebody who types them: with variables, jobs and `palette-edge` on its PATH.
 * What programs write to both of their outputs comes in one stream, as at a terminal.
 */
export class ShellSession {
  /** Where the commands run. */
  readonly folder: string;
  readonly #shell: ChildProcess;
  #output = '';

  private constructor(folder: string, shell: ChildProcess) {
    this.folder = folder;
    this.#shell = shell;
    shell.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  /** Starts one that ends with the running test.
   *
   * @param folder where the commands run; it is their home, too
   */
  static async start(folder: string): Promise<ShellSession> {
    const programs = join(folder, '.programs');
    const program = join(programs, 'palette-edge');
    await mkdir(programs);
    await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${cliEntry}' "$@"\n`);
    await chmod(program, 0o755);
    const shell = spawn('bash', ['--noprofile', '--norc'], {
      cwd: folder,
      // A group of its own, which ends with all that the commands left running.
      detached: true,
      env: { PATH: `${programs}:${process.env['PATH']}`, HOME: folder, LC_ALL: 'C.UTF-8', ...compiledBefore },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    shell.stdin.write('exec 2>&1\n');
    const session = new ShellSession(folder, shell);
    onTestFinished(async () => await session.#end());
    return session;
  }

  /**
   * Runs one command.
   *
   * @param leastLines of a command that goes on in the background, how many lines are waited for
   * @returns the lines that it printed
   */
  async run(command: string, leastLines = 0): Promise<readonly string[]> {
    const mark = `-- ${randomUUID()}`;
    // Not from the shell's own input, where its next commands are.
    const typed = command.endsWith('&')
      ? `${command.slice(0, -1)} < /dev/null &`
      : `{ ${command}\n} < /dev/null`;
    this.#shell.stdin?.write(`${typed}\nprintf '%s\\n' '${mark}'\n`);
    const lines = await this.#linesAround(mark, leastLines);
    this.#output = '';
    return lines;
  }

  async #linesAround(mark: string, leastLines: number): Promise<readonly string[]> {
    for (;;) {
      const lines = this.#output.split('\n').slice(0, -1);
      const others = lines.filter((line) => line !== mark);
      if (others.length < lines.length && others.length >= leastLines) return others;
      if (this.#shell.stdout !== null) await once(this.#shell.stdout, 'data');
    }
  }

  async #end(): Promise<void> {
    const { pid } = this.#shell;
    const ended = once(this.#shell, 'close');
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    await ended;
  }
}
