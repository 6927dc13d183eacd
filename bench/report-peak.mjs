// Preloaded into a process to be measured: tells its peak memory (resident, kB) in the file that BENCH_PEAK_FILE names.
import { readFileSync, writeFileSync } from 'node:fs';

// Not resourceUsage().maxRSS: that begins with the memory of the process that started this one.
process.on('exit', () => {
  const [, peak = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  writeFileSync(process.env.BENCH_PEAK_FILE, peak);
});
