import { median } from '../timed-run.ts';
import type { Figures } from './measured-run.ts';

/** One run of one contestant. */
export interface Outcome extends Figures {
  readonly contestant: string;
  readonly phase: 'cold' | 'warm';
  readonly turn: number;
  /** Bytes over the link. */
  readonly wire: number;
  /** Bytes of the file that it made. */
  readonly output: number;
}

export interface TableOptions {
  readonly phase: Outcome['phase'];
  /** What wire is divided by: the bytes that had to be pulled. */
  readonly toPull: number;
  /** What the bytes written are divided by: all that the file holds. */
  readonly payload: number;
}

const columns = [
  ['seconds', 'ratio', 'on disk, seconds', 'ratio', 'CPU, seconds'],
  ['largest process, MB', 'all processes, MB'],
  ['wire ÷ to pull', 'written ÷ payload', 'file, MB'],
].flat();

/** Markdown: medians of the runs; a ratio is the median of the ratios to the first contestant in the same turn. */
export function table(outcomes: readonly Outcome[], { phase, toPull, payload }: TableOptions): string {
  const ofPhase = outcomes.filter((outcome) => outcome.phase === phase);
  const names = [...new Set(ofPhase.map(({ contestant }) => contestant))];
  const ours = ofPhase.filter(({ contestant }) => contestant === names[0]);
  const rows = names.map((name) => {
    const mine = ofPhase.filter(({ contestant }) => contestant === name);
    const middle = (value: (outcome: Outcome) => number): number => median(mine.map(value));
    const ratio = (value: (outcome: Outcome) => number): number =>
      median(
        mine.map((outcome) => {
          const our = ours.find(({ turn }) => turn === outcome.turn);
          return our === undefined ? Number.NaN : value(outcome) / value(our);
        }),
      );
    return row(name, [
      middle(({ seconds }) => seconds).toFixed(1),
      ratio(({ seconds }) => seconds).toFixed(2),
      middle(({ synced }) => synced).toFixed(1),
      ratio(({ synced }) => synced).toFixed(2),
      middle(({ cpuSeconds }) => cpuSeconds).toFixed(1),
      megabytes(middle(({ largestProcess }) => largestProcess)),
      megabytes(middle(({ allProcesses }) => allProcesses)),
      middle(({ wire }) => wire / toPull).toFixed(2),
      middle(({ written }) => written / payload).toFixed(2),
      megabytes(middle(({ output }) => output)),
    ]);
  });
  return [
    row(phase, columns),
    row(
      '---',
      columns.map(() => '---'),
    ),
    ...rows,
  ].join('\n');
}

function row(first: string, rest: readonly string[]): string {
  return `| ${[first, ...rest].join(' | ')} |`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
