import { parentPort } from 'node:worker_threads';

import type { ThreadAnswer } from '../io/asked-thread.ts';
import { failureOf } from '../io/thread-failure.ts';
import { createSqueezeJob } from './squeeze-job.ts';
import type { SqueezeJob, SqueezeNews } from './squeeze-job.ts';
import type { SqueezeRequest } from './squeeze-thread.ts';

// A thread that squeeze-thread.ts starts: each request gets one answer, in turn.
const nothing = { output: [] };
const jobs = new Map<number, SqueezeJob>();

parentPort?.on('message', (request: SqueezeRequest) => {
  const answer = answerTo(request);
  const moved = 'news' in answer ? answer.news.output.map(({ buffer }) => buffer) : [];
  parentPort?.postMessage(answer, moved);
});

function answerTo(request: SqueezeRequest): ThreadAnswer<SqueezeNews> {
  try {
    return { news: newsOf(request) };
  } catch (error) {
    jobs.delete(request.job);
    return { failure: failureOf(error) };
  }
}

function newsOf(request: SqueezeRequest): SqueezeNews {
  if (request.kind === 'begin') jobs.set(request.job, createSqueezeJob(request.task));
  if (request.kind === 'drop') jobs.delete(request.job);
  const job = jobs.get(request.job);
  if (request.kind === 'write') return job?.write(request.piece) ?? nothing;
  return (request.kind === 'finish' ? job?.finish() : undefined) ?? nothing;
}
