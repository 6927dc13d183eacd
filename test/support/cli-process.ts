import { pathToFileURL } from 'node:url';

/** What a process that was started by `reused-process.ts` is told to run. */
export interface CliRequest {
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of it: nothing else is in the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends what the run wrote to stdout and stderr. */
  readonly mark: string;
}

/** What it answers when its own process would have ended. */
export interface CliAnswer {
  readonly code: number;
}

const [, , entry = ''] = process.argv;
const { channel } = process;
let mark: string | undefined;

/** Nothing is left to do: here a process ends. What would keep a process of its own keeps this one from answering. */
process.on('beforeExit', () => {
  if (mark === undefined) return;
  const ending = mark;
  mark = undefined;
  channel?.ref();
  const answer: CliAnswer = { code: Number(process.exitCode ?? 0) };
  // Standard output is a pipe: what was written before is in it.
  process.stdout.write(ending);
  process.stderr.write(ending);
  process.send?.(answer);
});

process.on('message', (request: CliRequest) => {
  ({ mark } = request);
  channel?.unref();
  process.chdir(request.cwd);
  for (const name of Object.keys(process.env)) if (!(name in request.env)) delete process.env[name];
  Object.assign(process.env, request.env);
  process.argv = [process.execPath, entry, ...request.args];
  process.exitCode = undefined;
  // oclif adds one in every run.
  process.stdout.removeAllListeners('drain');
  void execute({ dir: pathToFileURL(entry).href });
});
process.on('disconnect', () => process.exit());

// As bin/run.js does.
const { setFlagsFromString } = await import('node:v8');
setFlagsFromString('--semi-space-growth-factor=1');
await import(new URL('assume-user.js', pathToFileURL(entry)).href);
const { execute } = await import('@oclif/core');
process.send?.('ready');
