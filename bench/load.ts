/**
 * Loading images of a bundle into containerd beside what people do without us. The layers are noise, which podman would not take.
 *
 *   npm run build && npx node bench/load.ts [--gb 3] [--runs 5]
 *
 * - all images: into an empty containerd, and again when they are there. Nobody unpacks: that is the same work for all
 * - one image: the last one of the bundle's list. skopeo unpacks the whole archive first
 *
 * As root. Needs containerd, ctr, skopeo, zstd and docker-registry (scripts/required-tools.json).
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
const socket = join(folder, 'containerd.sock');
try {
  await prepareContainerd();
  const image = await seededBundle(folder, Number(values.gb) * 1e9);
  report(await measure(contestantsFor(image)));
} finally {
  await rm(folder, { recursive: true, force: true });
}

interface Contestant {
  readonly job: string;
  readonly name: string;
  readonly script: string;
  /** Runs before it, and is not measured. */
  readonly before?: string;
}

async function prepareContainerd(): Promise<void> {
  const containerd = [
    'version = 2',
    `root = "${folder}/containerd-root"`,
    `state = "${folder}/containerd-state"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    `[grpc]\naddress = "${socket}"`,
    `[ttrpc]\naddress = "${folder}/ttrpc.sock"`,
  ];
  await writeFile(join(folder, 'containerd.toml'), containerd.join('\n'));
}

function contestantsFor(image: string): Contestant[] {
  const load = `${program} load bundle.tar.zst`;
  const intoContainerd = `${load} --into containerd --address ${socket}`;
  const ctr = `ctr -a ${socket} -n k8s.io images import --no-unpack`;
  return [
    { job: 'all, containerd', name: 'palette-edge load', script: intoContainerd },
    { job: 'all, containerd', name: 'zstd and ctr', script: `zstd -dc bundle.tar.zst | ${ctr} -` },
    {
      job: 'all again, containerd',
      name: 'palette-edge load',
      before: intoContainerd,
      script: intoContainerd,
    },
    {
      job: 'all again, containerd',
      name: 'zstd and ctr',
      before: intoContainerd,
      script: `zstd -dc bundle.tar.zst | ${ctr} -`,
    },
    {
      job: 'one, containerd',
      name: 'palette-edge load --image',
      script: `${intoContainerd} --image ${image}`,
    },
    {
      job: 'one, containerd',
      name: 'skopeo and ctr',
      script: `skopeo copy -q oci-archive:bundle.tar.zst:${image} oci-archive:out.tar:${image}; ${ctr} out.tar`,
    },
  ];
}

/** In turn, so that what else the machine does concerns all of them. Each begins with nothing there. */
async function measure(contestants: readonly Contestant[]): Promise<Map<Contestant, number[]>> {
  const seconds = new Map<Contestant, number[]>();
  for (let turn = 0; turn < Number(values.runs); turn += 1) {
    for (const contestant of contestants) {
      const taken = await measureOnce(contestant);
      seconds.set(contestant, [...(seconds.get(contestant) ?? []), taken]);
      console.error(`${contestant.job}, ${contestant.name}: ${taken.toFixed(2)} s`);
    }
  }
  return seconds;
}

async function measureOnce({ before, script }: Contestant): Promise<number> {
  await shell('rm -rf containerd-root containerd-state out.tar; sync');
  const daemon = await startDaemon();
  try {
    if (before !== undefined) await shell(before);
    return await shell(script);
  } finally {
    const ended = once(daemon, 'exit');
    daemon.kill();
    await ended;
  }
}

async function startDaemon(): Promise<ChildProcess> {
  const daemon = spawn('containerd', ['-c', join(folder, 'containerd.toml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    daemon.stderr.on('data', (lines: Buffer) => {
      if (lines.includes('successfully booted')) resolve();
    });
    daemon.once('error', reject);
    daemon.once('exit', () => reject(new Error('containerd ended')));
  });
  return daemon;
}

function report(seconds: ReadonlyMap<Contestant, readonly number[]>): void {
  console.log(`| ${values.gb} GB | by | seconds, median | least |\n| --- | --- | --- | --- |`);
  for (const [{ job, name }, taken] of seconds)
    console.log(`| ${job} | ${name} | ${median(taken).toFixed(2)} | ${Math.min(...taken).toFixed(2)} |`);
}

async function shell(script: string): Promise<number> {
  return await timedRun(['sh', '-ec', script], { cwd: folder });
}
