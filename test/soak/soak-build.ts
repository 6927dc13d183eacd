import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import { runFaultBuild } from '../support/fault-build.ts';
import { FaultRegistry, reply } from '../support/fault-registry.ts';
import { only } from '../support/fault-schedule.ts';
import { basicGate, tokenGate } from '../support/fault-tokens.ts';
import { leftBehind } from '../support/left-behind.ts';
import { damageStore } from './damage-store.ts';
import type { SoakPlan } from './plan-soak-build.ts';
import { soakLogin } from './soak-login.ts';
import { runSoakProcess } from './soak-process.ts';
import { endingOf, failureOf, unclear } from './soak-verdict.ts';
import type { RunEnd } from './soak-verdict.ts';

/** How a build of a soak ended. */
export interface SoakOutcome {
  /** `right`, `incomplete`, or the codes of what failed. */
  readonly ending: string;
  /** What must never be; empty when all is well. */
  readonly problems: readonly string[];
}

/** Generous: a build takes a second of work, and everything else is waiting for what does not come. */
const boundMs = 60_000;
/** For what is aborted to end. */
const graceMs = 10_000;
const impatient = {
  idleTimeoutMs: 400,
  stallLimits: { minimumBytes: 1024, windowMs: 400, totalMs: 3000 },
};
const bundleNames = ['bundle.tar.zst', 'bundle.tar.zst.sha256'] as const;

/** Runs one build of a soak, in folders and with a registry of its own. Throws only when the soak itself is broken. */
export async function runSoakBuild(plan: SoakPlan): Promise<SoakOutcome> {
  const gate = {
    none: () => undefined,
    token: tokenGate({ expireAt: plan.expireAt }).gate,
    basic: basicGate(soakLogin.username, soakLogin.password),
  }[plan.login];
  await using registry = await FaultRegistry.start({ gate });
  const root = await mkdtemp(join(tmpdir(), 'palette-edge-soak-'));
  try {
    const folder = join(root, 'build');
    return await judge({ plan, registry, folder, twin: join(root, 'without-faults') });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

interface SoakSite {
  readonly plan: SoakPlan;
  readonly registry: FaultRegistry;
  /** Holds `store` and `out`. */
  readonly folder: string;
  /** Where the bundle is built to compare with. */
  readonly twin: string;
}

async function judge(site: SoakSite): Promise<SoakOutcome> {
  const { plan, registry, folder } = site;
  const output = join(folder, 'out');
  await mkdir(output, { recursive: true });
  const damaged = await prepareStore(site);
  for (const name of bundleNames) await rm(join(output, name), { force: true });
  // A process that was killed could not remove what it had written of a bundle; nothing else may be there.
  const leftByKill = (await readdir(output)).map((name) => `out/${name}`);
  registry.inject(plan.rules);
  const end = plan.isProcess ? await runSoakProcess(site) : await runHere(site, registry.references);
  await registry.restart();
  registry.inject([]);
  const left = await leftBehind({ folder, hasBundle: end.result !== undefined, damaged });
  return {
    ending: endingOf(end),
    problems: [
      ...end.problems,
      ...left.filter((path) => !leftByKill.includes(path)),
      ...(end.failure === undefined ? [] : unclear(end.failure)),
      ...(await wrongIn(end, site)),
    ],
  };
}

/** Brings the store to where the plan wants it. @returns the digests of what is damaged in it */
async function prepareStore(site: SoakSite): Promise<ReadonlySet<string>> {
  const { plan, registry, folder } = site;
  const { prelude, endAt, random } = plan;
  const controller = new AbortController();
  switch (prelude) {
    case 'nothing':
      break;
    case 'warm':
      await runHere(site, registry.references);
      break;
    case 'damaged':
      await runHere(site, registry.references);
      return await damageStore(join(folder, 'store'), random);
    case 'aborted':
      atRequest(registry, endAt, () => controller.abort());
      await runHere(site, registry.references, controller.signal);
      break;
    case 'SIGINT':
    case 'SIGKILL':
      await runSoakProcess({
        ...site,
        end: { signal: prelude, when: (send) => atRequest(registry, endAt, send) },
      });
      break;
  }
  return new Set();
}

/** Does something when the nth request comes, which is answered well. */
function atRequest(registry: FaultRegistry, nth: number, action: () => void): void {
  registry.inject([
    {
      path: /./,
      when: only(nth),
      fault: (exchange) => {
        action();
        reply(exchange);
      },
    },
  ]);
}

async function runHere(
  { plan, registry, folder }: Pick<SoakSite, 'plan' | 'registry' | 'folder'>,
  references: readonly string[],
  abort?: AbortSignal,
): Promise<RunEnd> {
  const { concurrency, skipMissing, comesBack, login } = plan;
  const overdue = AbortSignal.timeout(boundMs);
  const credential = login === 'basic' ? { ...soakLogin, origin: 'the soak' } : undefined;
  const build = runFaultBuild({
    folder,
    references,
    concurrency,
    skipMissing,
    http: impatient,
    credentials: { find: async () => await Promise.resolve(credential) },
    sleep: async () => {
      if (comesBack) await registry.restart();
    },
    signal: abort === undefined ? overdue : AbortSignal.any([abort, overdue]),
  });
  const given = await Promise.race([build, wait(boundMs + graceMs, undefined, { ref: false })]);
  if (given === undefined) return { problems: [`not over after ${boundMs} ms, nor when it was aborted`] };
  const { result, error } = given;
  if (result !== undefined) return { result, problems: [] };
  if (overdue.aborted) return { problems: [`not over after ${boundMs} ms`] };
  if (abort?.aborted === true) return { problems: [] };
  const failure = failureOf(error);
  return failure === undefined ? { problems: [`a bug: ${stackOf(error)}`] } : { failure, problems: [] };
}

/** Whether the bundle is the one that a build of the same images without faults gives. */
async function wrongIn({ result }: RunEnd, site: SoakSite): Promise<string[]> {
  if (result === undefined) return [];
  const { images, failures } = result;
  const path = join(site.folder, 'out', bundleNames[0]);
  const listener = { onStart: () => undefined, onBytes: () => undefined };
  const verified = await verifyBundle(path, listener, new AbortController().signal);
  const kept = images.map(({ reference }) => reference);
  const twin = await runHere({ ...site, folder: site.twin }, kept);
  const expected = twin.result?.bundle?.sha256;
  const written = (await readFile(join(site.folder, 'out', bundleNames[1]), 'utf8')).split(' ').at(0);
  const isRight = expected !== undefined && result.bundle?.sha256 === expected && written === expected;
  return [
    ...verified.problems.map((problem) => `verify: ${JSON.stringify(problem)}`),
    ...(isRight ? [] : [`not the bundle that there is without faults: ${JSON.stringify(twin)}`]),
    ...(failures.length > 0 && !site.plan.skipMissing ? ['a bundle with some images missing'] : []),
  ];
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
