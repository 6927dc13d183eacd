import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

import { systemErrorCode } from '../errors.ts';
import type { HashAnswer, HashRequest } from './hash-thread.ts';

/** Fits the caches that are next to a processor, with what else is there. Measured: bench/README.md. */
const pieceSize = 128 * 1024;

// The thread that hash-thread.ts starts.
const hashes = new Map<number, Hash>();

parentPort?.on('message', (request: HashRequest) => {
  parentPort?.postMessage(answerTo(request));
});

function answerTo({ stream, bytes, place }: HashRequest): HashAnswer {
  const hash = hashes.get(stream) ?? createHash('sha256');
  if (bytes === undefined) {
    hashes.delete(stream);
    return { hex: hash.digest('hex') };
  }
  hashes.set(stream, hash);
  if (place === undefined) {
    hash.update(bytes);
    return {};
  }
  try {
    hashAndWrite(hash, bytes, place);
    return {};
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    return { failure: { message: error.message, code } };
  }
}

function hashAndWrite(
  hash: Hash,
  bytes: Uint8Array,
  { fd, position }: NonNullable<HashRequest['place']>,
): void {
  for (let start = 0; start < bytes.length; start += pieceSize) {
    const piece = bytes.subarray(start, start + pieceSize);
    hash.update(piece);
    // One write may take fewer bytes than it was given.
    for (let written = 0; written < piece.length;) {
      written += writeSync(fd, piece, written, piece.length - written, position + start + written);
    }
  }
}
