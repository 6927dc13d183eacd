import { parentPort } from 'node:worker_threads';

import { compressInto } from './frame-compressor.ts';
import type { FrameAnswer, FrameJob } from './frame-compressor.ts';

// A thread that frame-compressor.ts starts: compresses what it is sent, and answers each job in turn.
parentPort?.on('message', (job: FrameJob) => {
  parentPort?.postMessage(answerTo(job));
});

function answerTo(job: FrameJob): FrameAnswer {
  try {
    return { outcome: 'compressed', ...compressInto(job) };
  } catch (error) {
    return {
      outcome: 'failed',
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}
