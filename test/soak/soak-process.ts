import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { FaultRegistry } from '../support/fault-registry.ts';
import { runCli } from '../support/run-cli.ts';
import type { CliRun } from '../support/run-cli.ts';
import type { SoakPlan } from './plan-soak-build.ts';
import { soakLogin } from './soak-login.ts';
import type { RunEnd, SoakFailure } from './soak-verdict.ts';

/** A build of a soak in a process of its own, with the times of the real tool. */
export interface SoakProcess {
  readonly plan: Pick<SoakPlan, 'concurrency' | 'skipMissing' | 'login' | 'comesBack'>;
  readonly registry: FaultRegistry;
  /** Holds `store` and `out`. */
  readonly folder: string;
  /** A signal that ends it from outside, and what sends it when its time has come. */
  readonly end?: { readonly signal: NodeJS.Signals; readonly when: (send: () => void) => void };
}

/** Generous: work of a second, and waits between retries of half a minute at most. */
const boundMs = 120_000;
/** How long a registry that went away stays away. */
const awayMs = 200;

/** Runs the command line. Never throws for what it does. */
export async function runSoakProcess(run: SoakProcess): Promise<RunEnd> {
  const { plan, registry, folder, end } = run;
  await writeFile(join(folder, 'creds.json'), credentialFile(run));
  const overdue = new AbortController();
  const comeBack = setInterval(() => {
    if (plan.comesBack) void registry.restart();
  }, awayMs);
  const ended = await runCli(argsOf(run), {
    cwd: folder,
    onStart: (child) => {
      end?.when(() => child.kill(end.signal));
      const bound = setTimeout(() => {
        overdue.abort();
        child.kill('SIGKILL');
      }, boundMs);
      child.once('exit', () => clearTimeout(bound));
    },
  });
  clearInterval(comeBack);
  if (overdue.signal.aborted) return { problems: [`not over after ${boundMs} ms`] };
  const wasEnded = end !== undefined && (ended.code === undefined || ended.code === 130);
  return wasEnded ? { problems: [] } : endOf(ended);
}

function argsOf({ plan, registry }: SoakProcess): string[] {
  const { concurrency, skipMissing } = plan;
  const flags: Readonly<Record<string, string>> = {
    'plain-http': '127.0.0.1',
    store: 'store',
    output: 'out/bundle.tar.zst',
    concurrency: String(concurrency),
    'compression-level': '1',
    'cred-file-path': 'creds.json',
  };
  const images = registry.references.map((reference) => `--image=${reference}`);
  const named = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  return ['build', '--json', ...named, ...images, ...(skipMissing ? ['--skip-missing'] : [])];
}

function credentialFile({ plan, registry }: SoakProcess): string {
  return JSON.stringify({ image: plan.login === 'basic' ? [{ endpoint: registry.host, ...soakLogin }] : [] });
}

function endOf({ code, stdout, stderr }: CliRun): RunEnd {
  const said = `exit code ${code}\n${stdout.slice(0, 2000)}\n${stderr.slice(0, 4000)}`;
  const all = `${stdout}${stderr}`;
  if (/This is a bug|Unhandled|"code":\s*"BUG"/.test(all)) return { problems: [`a bug: ${said}`] };
  if (all.includes(soakLogin.password)) return { problems: ['a password was shown'] };
  const document = parse(stdout);
  if (document === undefined) return { problems: [`no document: ${said}`] };
  if (code === 0 || code === 8) return { result: document, problems: [] };
  const { error } = document;
  return { failure: error, problems: error.exitCode === code ? [] : [`another ${said}`] };
}

type Document = Required<Pick<RunEnd, 'result'>>['result'] & { readonly error: SoakFailure };

function parse(text: string): Document | undefined {
  try {
    const document: Document = JSON.parse(text);
    return document;
  } catch {
    return undefined;
  }
}
