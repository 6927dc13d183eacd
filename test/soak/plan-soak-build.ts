import type { FaultRule } from '../support/fault-registry.ts';
import { redirectToStorage } from '../support/fault-redirects.ts';
import { onBlobs } from '../support/fault-rules.ts';
import { always, every, first, only, randomly } from '../support/fault-schedule.ts';
import type { Schedule } from '../support/fault-schedule.ts';
import { seededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';
import { commonFaults, rangeFaults, slowFaults, tokenFaults } from './soak-faults.ts';
import type { FaultMaker } from './soak-faults.ts';

/** What is in the store before the build with the faults. */
type Prelude = 'nothing' | 'warm' | 'damaged' | 'aborted' | 'SIGINT' | 'SIGKILL';

/** One build of a soak: all that is decided about it beforehand. */
export interface SoakPlan {
  readonly prelude: Prelude;
  /** The request at which the build before is ended, for those that are. */
  readonly endAt: number;
  /** Whether the build with the faults runs in a process of its own. */
  readonly isProcess: boolean;
  readonly concurrency: number;
  readonly skipMissing: boolean;
  readonly login: 'none' | 'token' | 'basic';
  /** Requests that find their token expired. */
  readonly expireAt: readonly number[];
  /** Whether the registry comes back when it went away. */
  readonly comesBack: boolean;
  readonly rules: readonly FaultRule[];
  /** The rules in words. */
  readonly words: readonly string[];
  /** For what is chosen while it runs. */
  readonly random: SeededRandom;
}

/** Plans one build; the same seed and index give the same plan. */
export function planSoakBuild(seed: number, index: number): SoakPlan {
  const random = seededRandom(Math.imul(seed, 1_000_003) + index);
  const isProcess = random.chance(0.12);
  const login = random.pick(['none', 'none', 'none', 'token', 'token', 'basic'] as const);
  const chosen = Array.from({ length: random.integer(1, 4) }, () => chooseRule(random, { isProcess, login }));
  const redirects = random.chance(0.3)
    ? [{ words: 'blobs are at a storage', rule: onBlobs(always, redirectToStorage) }]
    : [];
  const rules = [...chosen, ...redirects];
  return {
    prelude: random.pick([
      ...(['nothing', 'nothing', 'nothing', 'nothing', 'warm', 'damaged', 'damaged', 'aborted'] as const),
      random.pick(['aborted', 'SIGINT', 'SIGKILL'] as const),
    ]),
    endAt: random.integer(1, 16),
    isProcess,
    concurrency: random.integer(1, 12),
    skipMissing: random.chance(0.25),
    login,
    expireAt: random.chance(0.5) ? [random.integer(2, 20)] : [],
    comesBack: random.chance(0.7),
    rules: rules.map(({ rule }) => rule),
    words: rules.map(({ words }) => words),
    random,
  };
}

interface ChosenRule {
  readonly words: string;
  readonly rule: FaultRule;
}

const targets: readonly [Target, ...Target[]] = [
  { name: 'everything', path: /^\/v2\// },
  { name: 'manifests', path: /\/manifests\// },
  { name: 'HEAD', path: /^\/v2\//, method: 'HEAD' },
  { name: 'blobs', path: /\/(?:blobs|storage)\//, method: 'GET' },
  { name: 'blobs', path: /\/(?:blobs|storage)\//, method: 'GET' },
];
const tokenTarget: Target = { name: 'tokens', path: /^\/token/ };

interface Target extends Pick<FaultRule, 'path' | 'method'> {
  readonly name: string;
}

function chooseRule(
  random: SeededRandom,
  { isProcess, login }: Pick<SoakPlan, 'isProcess' | 'login'>,
): ChosenRule {
  const isToken = login === 'token' && random.chance(0.3);
  const { name, ...target } = isToken ? tokenTarget : random.pick(targets);
  const catalogue = isToken ? tokenFaults : catalogueOf(random, isProcess);
  const [fault, make] = chooseFault(random, catalogue);
  const [when, schedule] = chooseSchedule(random, isProcess);
  return { words: `${fault}, ${name}, ${when}`, rule: { ...target, when: schedule, fault: make(random) } };
}

function catalogueOf(random: SeededRandom, isProcess: boolean): Readonly<Record<string, FaultMaker>> {
  if (random.chance(0.15)) return rangeFaults;
  return isProcess ? commonFaults : { ...commonFaults, ...slowFaults };
}

function chooseFault(
  random: SeededRandom,
  catalogue: Readonly<Record<string, FaultMaker>>,
): readonly [string, FaultMaker] {
  return random.pick(Object.entries(catalogue));
}

/** A process waits as long as the tool does, a quarter of an hour for a host that throttles: there nothing is for ever. */
function chooseSchedule(random: SeededRandom, isProcess: boolean): readonly [string, Schedule] {
  const count = random.integer(1, 3);
  const nth = random.integer(1, 20);
  const step = random.integer(3, 9);
  const probability = 0.05 + random.next() * 0.25;
  return random.pick<readonly [string, Schedule]>([
    [`the first ${count}`, first(count)],
    [`the first ${count}`, first(count)],
    [`only number ${nth}`, only(nth)],
    [`every ${step}th`, every(step)],
    [`with probability ${probability.toFixed(2)}`, randomly(probability, () => random.next())],
    isProcess ? [`only number ${nth}`, only(nth)] : ['always', always],
  ]);
}
