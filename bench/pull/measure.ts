/**
 * Runs a program to its end and says what it and all its children took. A process of its own, because the kernel adds what ended
 * children took to the process that waited for them.
 *
 *   node measure.ts RESULT_FILE PROGRAM [ARGUMENT …]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What a program took. Memory is resident memory. */
export interface Taken {
  readonly seconds: number;
  /** User and system time of all processes. */
  readonly cpuSeconds: number;
  /** Peak of the process that had most, as the kernel keeps it (VmHWM), bytes. */
  readonly largestProcess: number;
  /** Peak of the sum over all processes, looked at ten times a second, bytes. */
  readonly allProcesses: number;
  /** Bytes that were given to the disk, whether they arrived there yet or not (write_bytes). */
  readonly written: number;
}

const ticksPerSecond = 100;
const [, , resultFile = '', program = '', ...args] = process.argv;

const peak = { largestProcess: 0, allProcesses: 0 };
const before = ownCounters();
const started = performance.now();
const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
const timer = setInterval(() => lookAt(child.pid), 100);
const [code] = await once(child, 'exit');
const seconds = (performance.now() - started) / 1000;
clearInterval(timer);
const after = ownCounters();
const taken: Taken = {
  seconds,
  cpuSeconds: (after.childTicks - before.childTicks) / ticksPerSecond,
  ...peak,
  written: after.written - before.written,
};
writeFileSync(resultFile, JSON.stringify(taken));
process.exitCode = code === 0 ? 0 : 1;

/** What this process took with all children it waited for. */
function ownCounters() {
  const [, written = ''] = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8')) ?? [];
  // proc(5): cutime and cstime are fields 16 and 17; the name before them may hold spaces and ends with a parenthesis.
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return { written: Number(written), childTicks: Number(fields[13]) + Number(fields[14]) };
}

function lookAt(root: number | undefined): void {
  if (root === undefined) return;
  let sum = 0;
  for (const pid of withChildren(root)) {
    const status = read(`/proc/${pid}/status`);
    sum += kilobytes(status, 'VmRSS') * 1024;
    peak.largestProcess = Math.max(peak.largestProcess, kilobytes(status, 'VmHWM') * 1024);
  }
  peak.allProcesses = Math.max(peak.allProcesses, peak.largestProcess, sum);
}

function withChildren(pid: number): number[] {
  const children = threads(pid).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(withChildren)];
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Empty when the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
