import { parentPort } from 'node:worker_threads';

import { compressInto } from './frame-compressor.ts';
import type { FrameAnswer, FrameJob } from './frame-compressor.ts';

// A thread that frame-compressor.ts starts: compresses what it is sent, and answers each job in turn.
parentPort?.on('message', (job: FrameJob) => {
  const answer = (message: FrameAnswer): void => parentPort?.postMessage(message);
  try {
    answer({ outcome: 'compressed', ...compressInto(job) });
  } catch (error) {
    answer({
      outcome: 'failed',
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
});
