/**
 * Taking images out of a bundle beside the tools that open it, too.
 *
 *   npm run build && npx node bench/extract.ts [--gb 3] [--runs 5]
 *
 * - one image: the last one of the bundle's list, as an OCI layout. skopeo unpacks the whole archive first
 * - everything: as an OCI layout. tar and zstd check no digest
 * - verify: of a file, and of the same file through a pipe. sha256sum and zstd -t are what a person does without us
 *
 * Needs skopeo, zstd, tar and docker-registry (scripts/required-tools.json).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { seededBundle } from './seeded-bundle.ts';
import { median, timedRun } from './timed-run.ts';

const { values } = parseArgs({
  options: { gb: { type: 'string', default: '3' }, runs: { type: 'string', default: '5' } },
});
const program = `'${process.execPath}' '${fileURLToPath(new URL('../bin/run.js', import.meta.url))}'`;
const folder = await mkdtemp(join(tmpdir(), 'palette-edge-bench-'));
try {
  const image = await seededBundle(folder, Number(values.gb) * 1e9);
  report(await measure(contestantsFor(image)));
} finally {
  await rm(folder, { recursive: true, force: true });
}

interface Contestant {
  readonly job: string;
  readonly name: string;
  readonly script: string;
}

function contestantsFor(image: string): Contestant[] {
  const one = 'one image';
  const all = 'everything';
  const verify = 'verify';
  return [
    {
      job: one,
      name: 'palette-edge extract --image',
      script: `${program} extract bundle.tar.zst --image ${image} --output out`,
    },
    { job: one, name: 'skopeo copy', script: `skopeo copy -q oci-archive:bundle.tar.zst:${image} oci:out:x` },
    { job: all, name: 'palette-edge extract --all', script: `${program} extract bundle.tar.zst --all out` },
    {
      job: all,
      name: 'palette-edge extract --all, through a pipe',
      script: `cat bundle.tar.zst | ${program} extract - --all out`,
    },
    {
      job: all,
      name: 'zstd and tar',
      script: 'mkdir out; zstd -dc bundle.tar.zst | tar -C out -xf -; sync -f out',
    },
    { job: verify, name: 'palette-edge verify', script: `${program} verify bundle.tar.zst` },
    {
      job: verify,
      name: 'palette-edge verify, through a pipe',
      script: `cat bundle.tar.zst | ${program} verify -`,
    },
    { job: verify, name: 'sha256sum -c', script: 'sha256sum -c bundle.tar.zst.sha256' },
    { job: verify, name: 'zstd -t', script: 'zstd -q -t bundle.tar.zst' },
  ];
}

/** In turn, so that what else the machine does concerns all of them. */
async function measure(contestants: readonly Contestant[]): Promise<Map<Contestant, number[]>> {
  const seconds = new Map<Contestant, number[]>();
  for (let turn = 0; turn < Number(values.runs); turn += 1) {
    for (const contestant of contestants) {
      await shell('rm -rf out; sync');
      const taken = await shell(contestant.script);
      seconds.set(contestant, [...(seconds.get(contestant) ?? []), taken]);
      console.error(`${contestant.job}, ${contestant.name}: ${taken.toFixed(2)} s`);
    }
  }
  return seconds;
}

function report(seconds: ReadonlyMap<Contestant, readonly number[]>): void {
  console.log(`| ${values.gb} GB | by | seconds, median | least |\n| --- | --- | --- | --- |`);
  for (const [{ job, name }, taken] of seconds)
    console.log(`| ${job} | ${name} | ${median(taken).toFixed(2)} | ${Math.min(...taken).toFixed(2)} |`);
}

async function shell(script: string): Promise<number> {
  return await timedRun(['sh', '-ec', script], { cwd: folder });
}
