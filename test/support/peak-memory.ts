import { readFileSync } from 'node:fs';

/**
 * The most memory that a process had so far: resident, in bytes, as Linux keeps it (VmHWM, proc_pid_status(5)).
 *
 * Not `resourceUsage().maxRSS`: that one begins with the memory of the process that started this one, since what the kernel keeps for
 * getrusage(2) lives on through exec.
 *
 * @param pid `self` for this process
 */
export function peakMemory(pid: number | 'self'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status has no VmHWM: the process is ending`);
  return Number(kilobytes) * 1024;
}
