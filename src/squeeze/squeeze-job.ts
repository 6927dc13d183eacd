import type { BlobIdentity } from '../oci/descriptor.ts';
import { AnalysisPasses } from './analysis-passes.ts';
import type { AnalysisOptions } from './analysis.ts';
import { createGzipAnalyzer } from './analyze-gzip.ts';
import type { AnalysisPass } from './analyze-gzip.ts';
import { createGzipInflater } from './inflate-gzip.ts';
import { PieceCollector } from './piece-collector.ts';
import { createPartRestorer } from './restore-part.ts';
import type { RestorePart } from './restore-plan.ts';

/** What a thread is to do with the pieces that follow. */
export type SqueezeTask =
  | { readonly kind: 'analyze'; readonly size: number; readonly options: AnalysisOptions }
  | { readonly kind: 'inflate' }
  | { readonly kind: 'restore'; readonly part: RestorePart; readonly name: string };

/** What came of a piece, or of the end. */
export interface SqueezeNews {
  /** Bytes in order; they belong to whoever takes them. */
  readonly output: readonly Uint8Array<ArrayBuffer>[];
  /** Of an analysis: whether it needs no more pieces. */
  readonly decided?: boolean;
  /** Of the end of an analysis. After `again` the pieces come from the beginning. */
  readonly analyzed?: { readonly pass: AnalysisPass; readonly actual?: BlobIdentity };
}

/** A task under way, in the thread that does it. */
export interface SqueezeJob {
  /** Takes the next piece. */
  write(piece: Uint8Array): SqueezeNews;
  /** Ends the pieces. */
  finish(): SqueezeNews;
}

/** Begins a task. */
export function createSqueezeJob(task: SqueezeTask): SqueezeJob {
  if (task.kind === 'analyze') return analyzeJob(task.size, task.options);
  const output = new PieceCollector();
  const sink = (bytes: Uint8Array): void => output.add(bytes);
  if (task.kind === 'inflate') return outputJob(output, createGzipInflater(sink));
  const restorer = createPartRestorer(task.part, task.name, sink);
  return outputJob(output, { push: (piece) => restorer.write(piece), finish: () => restorer.finish() });
}

function outputJob(
  output: PieceCollector,
  job: { push(piece: Uint8Array): void; finish(): void },
): SqueezeJob {
  return {
    write: (piece) => {
      job.push(piece);
      return { output: output.take() };
    },
    finish: () => {
      job.finish();
      return { output: output.take() };
    },
  };
}

/** A file that has to be read more often than this has nothing that is worth it. */
const mostPasses = 6;

function analyzeJob(size: number, options: AnalysisOptions): SqueezeJob {
  const passes = new AnalysisPasses();
  let count = 1;
  let analyzer = createGzipAnalyzer(size, passes, options);
  return {
    write: (piece) => {
      analyzer.push(piece);
      return { output: [], decided: analyzer.decided };
    },
    finish: () => {
      const analyzed = analyzer.finish();
      if (analyzed.pass.outcome !== 'again') return { output: [], analyzed };
      if (count === mostPasses) {
        const text = `no encoder gave its bytes in ${mostPasses} attempts`;
        return { output: [], analyzed: { pass: { outcome: 'kept', reason: 'unknown-encoder', text } } };
      }
      count += 1;
      analyzer = createGzipAnalyzer(size, passes, options);
      return { output: [], analyzed };
    },
  };
}
