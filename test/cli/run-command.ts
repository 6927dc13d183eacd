import { fileURLToPath } from 'node:url';

import type { Config } from '@oclif/core';

import type { BaseCommand } from '../../src/cli/base-command.ts';

/** What a command did, as whoever started it sees it. */
export interface CommandRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs a command in this process, as the command line does, and keeps what it writes. */
export async function runCommand(
  command: (new (argv: string[], config: Config) => BaseCommand) & typeof BaseCommand,
  argv: readonly string[],
): Promise<CommandRun> {
  const { NODE_ENV: environment, PALETTE_EDGE_NO_CONFIG: noConfig } = process.env;
  // As for users: oclif has warnings for developers.
  process.env['NODE_ENV'] = 'production';
  // Whoever runs the tests may have a config file.
  process.env['PALETTE_EDGE_NO_CONFIG'] = '1';
  setExitCode(undefined);
  const stdout = captureWrites(process.stdout);
  const stderr = captureWrites(process.stderr);
  try {
    await command.run([...argv], { root, ignoreManifest: true });
    return { stdout: stdout.end(), stderr: stderr.end(), exitCode: currentExitCode() };
  } finally {
    stdout.end();
    stderr.end();
    setExitCode(undefined);
    process.env['NODE_ENV'] = environment;
    if (noConfig === undefined) delete process.env['PALETTE_EDGE_NO_CONFIG'];
    else process.env['PALETTE_EDGE_NO_CONFIG'] = noConfig;
  }
}

// Functions, because the type checker does not know that a command sets it meanwhile.
function setExitCode(code: number | undefined): void {
  process.exitCode = code;
}

function currentExitCode(): number {
  return Number(process.exitCode ?? 0);
}

function captureWrites(stream: NodeJS.WriteStream): { readonly end: () => string } {
  const write = stream.write.bind(stream);
  let text = '';
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const done = rest.findLast((value) => typeof value === 'function');
    done?.();
    return true;
  };
  return {
    end: () => {
      stream.write = write;
      return text;
    },
  };
}
