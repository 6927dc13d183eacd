import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, test } from 'vitest';

import { encodeFrameTable } from '../../src/bundle/frame-table.ts';
import { defaultFrameContent } from '../../src/bundle/plan-bundle.ts';
import { blobHeader, encodeHead, paddingFor, tarEnd } from '../../src/bundle/tar-layout.ts';
import { compressFrame, frameCheck } from '../../src/bundle/zstd-frames.ts';
import { nodeBinary, nodeMajors } from '../support/node-versions.ts';
import { largeBundle } from './large-bundle.ts';
import type { WritingJob, WritingReport } from './writing-process.ts';

const mebibyte = 1024 * 1024;
const nothingWrong = { unhandled: [], lateWrites: 0, changedWrites: 0 };
/** Where failures happen: with threads busy, with memory used again, and with one frame at a time. */
const concurrencies = [1, 4];

let reference: string;
let tarSize: number;
let lastBlob: number;

beforeAll(async () => {
  const { plan, blobs } = await largeBundle();
  tarSize = plan.tarSize;
  lastBlob = plan.inventory.blobs.length - 1;
  const head = encodeHead(plan.headEntries);
  const rest = plan.inventory.blobs.flatMap((blob) => [
    blobHeader(blob),
    blobs.get(blob.digest),
    paddingFor(blob.size),
  ]);
  const tar = Buffer.concat([...rest, tarEnd()]);
  const contents: Uint8Array[] = [head];
  for (let start = 0; start < tar.length; start += defaultFrameContent) {
    contents.push(tar.subarray(start, start + defaultFrameContent));
  }
  const frames = contents.map((content) => ({ content, frame: compressFrame(content, 1) }));
  const table = encodeFrameTable(
    frames.map(({ content, frame }) => ({
      size: frame.length,
      contentSize: content.length,
      check: frameCheck(frame),
    })),
  );
  const bytes = Buffer.concat([...frames.map(({ frame }) => frame), table]);
  reference = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
});

describe.each(nodeMajors)('on Node %i', (major) => {
  test.each([1, 2, 7])(
    'the bytes are those of one frame after the other, %i at a time',
    async (concurrency) => {
      expect(tarSize).toBeGreaterThan(16 * mebibyte);
      expect(await write({ concurrency }, major)).toEqual({ ...nothingWrong, sha256: reference });
    },
  );
});

// Each process ends by itself, or is killed and fails: no thread and no write goes on.
describe.each(concurrencies)(
  'failures, with %i at a time, leave nothing running and nothing unhandled',
  (concurrency) => {
    test.each([1, 2, 5, 12])('of the sink at write %i', async (failingWrite) => {
      expect(await write({ concurrency, failingWrite })).toEqual(
        failed(`disk full at write ${failingWrite}`),
      );
    });

    test('of a blob', async () => {
      for (const failingBlob of [0, lastBlob]) {
        const report = await write({ concurrency, failingBlob });
        expect(report).toEqual(failed(`blob ${failingBlob} is gone`));
      }
    });

    test.each([1, 5 * mebibyte, 15 * mebibyte])('by an abort after %i bytes', async (abortAfter) => {
      expect(await write({ concurrency, abortAfter })).toEqual(failed('interrupted'));
    });

    test('of the sink while a blob is waited for that does not arrive', async () => {
      // So early that all frames before it are under way at once, and none has to be waited for.
      const report = await write({ concurrency, failingWrite: 2, missingBlob: lastBlob - 1 });
      expect(report).toEqual(failed('disk full at write 2'));
    });

    test('of the thread that hashes', async () => {
      const report = await write({ concurrency, losesHasher: true });
      expect(report).toEqual(failed('the hashing thread has ended'));
    });
  },
);

function failed(message: string): WritingReport {
  return { ...nothingWrong, error: `Error: ${message}` };
}

async function write(job: WritingJob, major: (typeof nodeMajors)[number] = 24): Promise<WritingReport> {
  const script = fileURLToPath(new URL('writing-process.ts', import.meta.url));
  const args = [script, JSON.stringify(job)];
  const { stdout } = await promisify(execFile)(nodeBinary(major), args, { timeout: 50_000 });
  const report: WritingReport = JSON.parse(stdout);
  return report;
}
