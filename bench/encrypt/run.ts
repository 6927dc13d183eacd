/**
 * A bundle that does not compress, encrypted and decrypted, beside the program age. README.md says how to read the table that it prints.
 *
 *   npm run build && npx node bench/encrypt/run.ts
 *
 *   --gb 3                size of the bundle
 *   --runs 3              medians of so many
 *   --palette-edge FILE   another bin/run.js in our place
 *
 * Needs three times the size on the disk of the temporary folder.
 */
import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import type { Taken } from '../pull/measure.ts';
import { median, timedRun } from '../timed-run.ts';

const { values } = parseArgs({
  options: {
    gb: { type: 'string', default: '3' },
    runs: { type: 'string', default: '3' },
    'palette-edge': { type: 'string', default: fileURLToPath(new URL('../../bin/run.js', import.meta.url)) },
  },
});
const measureScript = fileURLToPath(new URL('../pull/measure.ts', import.meta.url));
const ours = [process.execPath, resolve(values['palette-edge'])];

const place = await mkdtemp(join(tmpdir(), 'palette-edge-bench-'));
const folder = join(place, 'work');
try {
  await mkdir(folder);
  await bench();
} finally {
  await rm(place, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  await writeNoise('noise.bin');
  const build = ['build', '--file', 'noise.bin', '--store', 'store', '--output', 'edge.tar.zst'];
  await measured([...ours, ...build]);
  await rm(join(folder, 'noise.bin'));
  await timedRun(['age-keygen', '-o', 'edge.key'], { cwd: folder });
  const key = execFileSync('age-keygen', ['-y', 'edge.key'], { cwd: folder, encoding: 'utf8' }).trim();
  const { size } = await stat(join(folder, 'edge.tar.zst'));
  console.log(`${(size / 1e9).toFixed(2)} GB, median of ${values.runs}\n`);
  console.log('| | seconds | CPU, seconds | MB for each of these | largest process, MB |');
  console.log('| --- | --- | --- | --- | --- |');
  const row = async (name: string, command: readonly string[], output: string): Promise<void> => {
    const runs: Taken[] = [];
    for (let run = 0; run < Number(values.runs); run += 1) {
      await rm(join(folder, output), { force: true });
      runs.push(await measured(command));
    }
    const cpu = median(runs.map(({ cpuSeconds }) => cpuSeconds));
    const seconds = median(runs.map((taken) => taken.seconds)).toFixed(1);
    const peak = (median(runs.map(({ largestProcess }) => largestProcess)) / 1e6).toFixed(0);
    const speed = (size / 1e6 / cpu).toFixed(0);
    console.log(`| ${name} | ${seconds} | ${cpu.toFixed(1)} | ${speed} | ${peak} |`);
  };
  await row('age -r', ['age', '-r', key, '-o', 'x.age', 'edge.tar.zst'], 'x.age');
  const encrypt = ['encrypt', 'edge.tar.zst', '--encrypt-to', key, '--output', 'x.age'];
  await row('palette-edge encrypt', [...ours, ...encrypt], 'x.age');
  await row('age -d', ['age', '-d', '-i', 'edge.key', '-o', 'back', 'x.age'], 'back');
  await requireSame();
  const decrypt = ['decrypt', 'x.age', '--identity', 'edge.key', '--output', 'back'];
  await row('palette-edge decrypt', [...ours, ...decrypt], 'back');
  await requireSame();
}

async function requireSame(): Promise<void> {
  await timedRun(['cmp', 'back', 'edge.tar.zst'], { cwd: folder });
}

/** Bytes that do not compress, the same each time. */
async function writeNoise(name: string): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(16 * 1024 * 1024);
  await using file = await open(join(folder, name), 'wx');
  for (let written = 0; written < Number(values.gb) * 1e9; written += zeros.length)
    await file.writeFile(cipher.update(zeros));
}

async function measured(command: readonly string[]): Promise<Taken> {
  const result = join(place, 'taken.json');
  const env = { HOME: folder, PALETTE_EDGE_NO_CONFIG: '1' };
  await timedRun([process.execPath, measureScript, result, ...command], { cwd: folder, env });
  const taken: Taken = JSON.parse(await readFile(result, 'utf8'));
  return taken;
}
