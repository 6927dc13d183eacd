import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

import type { HashAnswer, HashRequest } from './hash-thread.ts';

// The thread that hash-thread.ts starts.
const hashes = new Map<number, Hash>();

parentPort?.on('message', ({ stream, bytes }: HashRequest) => {
  const hash = hashes.get(stream) ?? createHash('sha256');
  const answer: HashAnswer = bytes === undefined ? { hex: hash.digest('hex') } : {};
  if (bytes === undefined) hashes.delete(stream);
  else hashes.set(stream, hash.update(bytes));
  parentPort?.postMessage(answer);
});
