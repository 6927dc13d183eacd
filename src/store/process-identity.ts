import { readFile, readlink, stat } from 'node:fs/promises';

import { isRecord } from '../io/is-record.ts';
import { unlessMissing } from './unless-missing.ts';

/** What tells one process from all others, as Linux knows them. Process ids repeat: in time, and between containers. */
export interface ProcessIdentity {
  /** Of the kernel that runs: another one after every start of the machine. */
  readonly boot: string;
  /** Where the process id counts. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** When the process began, in the kernel's own count. */
  readonly started: string;
}

/** @returns undefined where there is no /proc, or not all of it */
export async function ownIdentity(): Promise<ProcessIdentity | undefined> {
  try {
    const status = parseStatus(await readFile('/proc/self/stat', 'utf8'));
    if (status === undefined) return undefined;
    return {
      boot: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
      pidNamespace: await readlink('/proc/self/ns/pid'),
      pid: status.pid,
      started: status.started,
    };
  } catch {
    // Another system, or a sandbox: then it is known by its heartbeat alone.
    return undefined;
  }
}

/** @returns undefined when it is none: from a file that anybody may have written */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (!isRecord(value)) return undefined;
  const { boot, pidNamespace, pid, started } = value;
  const isText = typeof boot === 'string' && typeof pidNamespace === 'string' && typeof started === 'string';
  if (!isText || typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { boot, pidNamespace, pid, started };
}

/** As {@link parseIdentity}, of the text of a JSON object that has it under `process`: a lock, or what tells whose a folder is. */
export function identityIn(text: string): ProcessIdentity | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return isRecord(document) ? parseIdentity(document['process']) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a process is there, as far as this one can know: only of the same kernel and the same process ids. One that is
 * stopped is there.
 *
 * @returns undefined when nobody can tell from here
 */
export async function isRunning(
  other: ProcessIdentity,
  own: ProcessIdentity | undefined,
): Promise<boolean | undefined> {
  if (own === undefined || own.boot !== other.boot || own.pidNamespace !== other.pidNamespace) {
    return undefined;
  }
  try {
    const text = await unlessMissing(readFile(`/proc/${other.pid}/stat`, 'utf8'));
    // Where other users' processes are hidden, so is the first of all.
    if (text === undefined) return (await unlessMissing(stat('/proc/1'))) === undefined ? undefined : false;
    const status = parseStatus(text);
    if (status === undefined) return undefined;
    return status.started === other.started && !status.hasEnded;
  } catch {
    // It may end while it is looked at (ESRCH): told the next time.
    return undefined;
  }
}

/** proc_pid_stat(5). The name of the program is in brackets, and may hold anything. */
function parseStatus(text: string): { pid: number; started: string; hasEnded: boolean } | undefined {
  const pid = Number.parseInt(text, 10);
  const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // Field 22, and `fields` begins with field 4.
  const started = fields[18];
  if (!Number.isSafeInteger(pid) || state === undefined || started === undefined) return undefined;
  return { pid, started, hasEnded: state === 'Z' || state === 'X' };
}
