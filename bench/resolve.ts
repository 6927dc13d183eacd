/**
 * How long resolving takes, and how much memory: 200 add-on profiles of 20 packs each, offline, as JSON exports of the
 * size of real ones.
 *
 *   npm run build && npx node bench/resolve.ts [--runs 5] [--profiles 200] [--packs 20]
 *
 * Once as fleets have them, 20 of 60 packs in each profile and every tenth with values of its own; once with 4,000 packs
 * that have nothing in common.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { median, timedRun } from './timed-run.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    profiles: { type: 'string', default: '200' },
    packs: { type: 'string', default: '20' },
  },
});
const [runs, profiles, packs] = [Number(options.runs), Number(options.profiles), Number(options.packs)];
const kinds = 60;

const folder = await mkdtemp(join(tmpdir(), 'palette-edge-bench-'));
try {
  console.log(`| ${profiles} profiles × ${packs} packs | values | seconds | peak memory |`);
  console.log('| --- | --- | --- | --- |');
  await report('as in a fleet', (profile, pack) => {
    const kind = (profile * 7 + pack * 3) % kinds;
    return (profile + pack) % 10 === 0 ? valuesOf(kind, profile) : valuesOf(kind, 0);
  });
  await report('nothing in common', (profile, pack) => valuesOf(pack, profile));
} finally {
  await rm(folder, { recursive: true });
}

async function report(title: string, values: (profile: number, pack: number) => string): Promise<void> {
  const { flags, bytes } = await writeProfiles(values);
  const results: { seconds: number; peak: number }[] = [];
  for (let run = 0; run < runs; run += 1) results.push(await resolve(flags));
  const seconds = median(results.map((result) => result.seconds)).toFixed(2);
  const peak = (median(results.map((result) => result.peak)) / 1024).toFixed(0);
  console.log(`| ${title} | ${(bytes / 1e6).toFixed(1)} MB | ${seconds} | ${peak} MB |`);
}

async function writeProfiles(
  values: (profile: number, pack: number) => string,
): Promise<{ flags: string[]; bytes: number }> {
  const flags: string[] = [];
  let bytes = 0;
  for (let profile = 0; profile < profiles; profile += 1) {
    const members = Array.from({ length: packs }, (_, pack) => {
      const text = values(profile, pack);
      bytes += text.length;
      return { name: `pack-${pack}`, type: 'spectro', layer: 'addon', version: '1.0.0', values: text };
    });
    const template = { type: 'add-on', packs: members };
    const path = join(folder, `profile-${profile}.json`);
    const document = { metadata: { name: `profile-${profile}` }, spec: { version: '1.0.0', template } };
    await writeFile(path, JSON.stringify(document));
    flags.push('--profile', path);
  }
  return { flags, bytes };
}

/** Values of 3 kB, half of what packs have in the median: five images, in the list and in the values of a chart. */
function valuesOf(kind: number, variant: number): string {
  const images = Array.from({ length: 5 }, (_, image) => ({
    repository: `registry.example.com/team-${variant % 40}/pack-${kind}/part-${image}`,
    tag: `v1.${variant % 7}.${image}`,
  }));
  const list = images.map(({ repository, tag }) => `      - image: ${repository}:${tag}\n`).join('');
  const parts = images.map((image, index) => partOf(image, index)).join('');
  return `pack:\n  namespace: team-${variant}\n  content:\n    images:\n${list}charts:\n  app:\n    cluster: "{{ .spectro.system.cluster.name }}"\n${parts}`;
}

function partOf(
  { repository, tag }: { readonly repository: string; readonly tag: string },
  index: number,
): string {
  return `    part${index}:
      enabled: true
      # How many of them run
      replicas: ${index + 1}
      image:
        repository: ${repository}
        tag: ${tag}
        pullPolicy: IfNotPresent
      resources:
        limits: { cpu: 500m, memory: 512Mi }
        requests: { cpu: 100m, memory: 128Mi }
      nodeSelector:
        kubernetes.io/os: linux
      tolerations:
        - key: node-role.kubernetes.io/control-plane
          operator: Exists
          effect: NoSchedule
`;
}

async function resolve(flags: readonly string[]): Promise<{ seconds: number; peak: number }> {
  const entry = fileURLToPath(new URL('../bin/run.js', import.meta.url));
  const preload = fileURLToPath(new URL('report-peak.mjs', import.meta.url));
  const peakFile = join(folder, 'peak');
  const seconds = await timedRun(
    [process.execPath, '--import', preload, entry, 'resolve', '--plain', '--no-config', ...flags],
    { cwd: folder, env: { BENCH_PEAK_FILE: peakFile } },
  );
  return { seconds, peak: Number(await readFile(peakFile, 'utf8')) };
}
