// Preloaded into a process to be measured: tells its peak memory (resident, kB) in the file that BENCH_PEAK_FILE names.
import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.BENCH_PEAK_FILE, String(process.resourceUsage().maxRSS)));
