import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

import type { ThreadAnswer } from '../io/asked-thread.ts';
import { failureOf } from '../io/thread-failure.ts';
import type { OldTar } from './old-tar.ts';
import type { OldFile, PatchNews, PatchRequest } from './patch-thread.ts';
import { createPatchWriter } from './patch-writer.ts';
import type { PatchWriter } from './patch-writer.ts';

// A thread that patch-thread.ts starts: each request gets one answer, in turn.
let writer: PatchWriter | undefined;
let output: Uint8Array<ArrayBuffer>[] = [];

parentPort?.on('message', (request: PatchRequest) => {
  const answer = answerTo(request);
  const moved = 'news' in answer ? answer.news.output.map(({ buffer }) => buffer) : [];
  parentPort?.postMessage(answer, moved);
});

function answerTo(request: PatchRequest): ThreadAnswer<PatchNews> {
  output = [];
  try {
    const summary = summaryOf(request);
    return { news: { output, ...(summary !== undefined && { summary }) } };
  } catch (error) {
    writer = undefined;
    return { failure: failureOf(error) };
  }
}

function summaryOf(request: PatchRequest): PatchNews['summary'] {
  if (request.kind === 'begin')
    // Each piece has memory of its own, which is moved.
    writer = createPatchWriter(request.olds.map(oldTarOf), (bytes) => output.push(new Uint8Array(bytes)));
  if (writer === undefined) throw new TypeError('no patch was begun');
  if (request.kind === 'write') writer.write(request.piece);
  if (request.kind !== 'finish') return undefined;
  const summary = writer.finish();
  // What it holds is as large as all else together.
  writer = undefined;
  return summary;
}

function oldTarOf({ fd, size }: OldFile): OldTar {
  return { size, read: (position, into) => readSync(fd, into, 0, into.length, position) };
}
