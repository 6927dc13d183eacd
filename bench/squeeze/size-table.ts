import type { Figures } from '../pull/measured-run.ts';
import type { ServedCopy } from './copy-served.ts';
import type { SizeRow } from './size-rows.ts';

/** The way back from a bundle. */
export interface BackRow {
  readonly name: string;
  /** Absent for the plain bundle. */
  readonly unsqueezed?: Figures;
  readonly served: ServedCopy;
}

/** What the sizes are compared with. */
export interface SizeTableOptions {
  /** Bytes of the gzip layers: 100 %. */
  readonly gzipBytes: number;
  readonly tarBytes: number;
  /** Ours that all are compared with. */
  readonly ours: { readonly effort: string; readonly bytes: number };
}

const none = '';

/** Markdown: how large each is, and what it took. */
export function sizeTable(rows: readonly SizeRow[], { gzipBytes, tarBytes, ours }: SizeTableOptions): string {
  const headers = ['MB', '% of the gzip layers', `÷ ${ours.effort}`, 'seconds', 'CPU, seconds'];
  const bodies = rows.map(({ name, bytes, figures, readsTars = false }) => [
    name,
    megabytes(bytes),
    ((bytes / gzipBytes) * 100).toFixed(1),
    (bytes / ours.bytes).toFixed(3),
    figures?.seconds.toFixed(1) ?? none,
    figures?.cpuSeconds.toFixed(1) ?? none,
    readsTars && figures !== undefined ? rate(tarBytes, figures.cpuSeconds) : none,
    figures === undefined ? none : megabytes(figures.largestProcess),
  ]);
  return markdownTable(['', ...headers, 'tar MB/s per core', 'largest process, MB'], bodies);
}

/** Markdown: what it takes to have the gzip layers again. */
export function backTable(rows: readonly BackRow[], tarBytes: number): string {
  const plain = rows.at(0)?.served.seconds ?? Number.NaN;
  const headers = [
    'unsqueeze, seconds',
    'CPU, seconds',
    'tar MB/s',
    'tar MB/s per core',
    'largest process, MB',
    'serve → skopeo copy, seconds',
    'ratio',
    'serve, MB',
    'digests right',
  ];
  const bodies = rows.map(({ name, unsqueezed, served }) => [
    name,
    ...(unsqueezed === undefined
      ? [none, none, none, none, none]
      : [
          unsqueezed.seconds.toFixed(1),
          unsqueezed.cpuSeconds.toFixed(1),
          rate(tarBytes, unsqueezed.seconds),
          rate(tarBytes, unsqueezed.cpuSeconds),
          megabytes(unsqueezed.largestProcess),
        ]),
    served.seconds.toFixed(1),
    (served.seconds / plain).toFixed(2),
    megabytes(served.peak),
    `all ${served.digests}`,
  ]);
  return markdownTable(['', ...headers], bodies);
}

/** Markdown: headers and rows of texts. */
export function markdownTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  return [headers, headers.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** MB/s. */
export function rate(bytes: number, seconds: number): string {
  return (bytes / 1e6 / seconds).toFixed(1);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}
