// Takes checks out, one after the other, in a copy of the sources, and sees that the test that is named for each fails:
// npm run threats -- --count 5 --seed 1
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

import { seededRandom } from './seeded-random.ts';
import { threatChecks } from './threat-checks.ts';
import type { ThreatCheck } from './threat-checks.ts';

const { values } = parseArgs({
  options: {
    /** Which ones are taken. */
    seed: { type: 'string', default: '1' },
    /** How many; all unless given. */
    count: { type: 'string', default: 'Infinity' },
    /** No other one is begun after this. */
    minutes: { type: 'string', default: '10' },
  },
});

const root = join(import.meta.dirname, '../..');
/** What a test does when it goes wrong takes longer than when it is well. */
const boundMs = 120_000;
const run = promisify(execFile);
const started = performance.now();

const folder = await mkdtemp(join(tmpdir(), 'palette-edge-threats-'));
let failures = 0;
let done = 0;
try {
  for (const name of ['src', 'test', 'fixtures', 'docs', 'scripts', 'package.json', 'tsconfig.json'])
    await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  // No tests of the built package are among them: it is not built.
  const config = { test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } };
  await writeFile(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(config)};\n`);
  for (const check of chosen()) {
    if (performance.now() - started > Number(values.minutes) * 60_000) break;
    const outcome = await withoutCheck(check);
    done += 1;
    if (outcome !== 'noticed') failures += 1;
    console.log(
      `threats: ${outcome === 'noticed' ? 'noticed' : `NOT NOTICED (${outcome})`}: ${check.source}: ${check.name}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`threats: ${done} checks taken out, ${failures} of them without a failure`);
process.exitCode = failures > 0 || done === 0 ? 1 : 0;

function chosen(): readonly ThreatCheck[] {
  const random = seededRandom(Number(values.seed));
  const inTurn = threatChecks.map((check) => ({ check, place: random.next() }));
  const sorted = inTurn.toSorted((left, right) => left.place - right.place).map(({ check }) => check);
  return sorted.slice(0, Number(values.count));
}

/** What the named test says when the check is not there. */
async function withoutCheck({ source, check, instead, test, name }: ThreatCheck): Promise<string> {
  const path = join(folder, source);
  const text = await readFile(path, 'utf8');
  if (text.split(check).length !== 2) return 'the check is not there once';
  await writeFile(
    path,
    text.replace(check, () => instead),
  );
  try {
    return await failing(test, name);
  } finally {
    await writeFile(path, text);
  }
}

async function failing(test: string, name: string): Promise<string> {
  const report = join(folder, 'report.json');
  await rm(report, { force: true });
  const pattern = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/%[sij]/g, '.*');
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', test, '-t', pattern, '--reporter=json', `--outputFile=${report}`];
  try {
    await run(process.execPath, args, { cwd: folder, timeout: boundMs, maxBuffer: 64 * 1024 * 1024 });
    return 'the test passes';
  } catch {
    const results: { numFailedTests?: number } = JSON.parse(await readFile(report, 'utf8').catch(() => '{}'));
    return (results.numFailedTests ?? 0) > 0 ? 'noticed' : 'the test did not end or did not begin';
  }
}
