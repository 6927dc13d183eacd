import { PaletteEdgeError } from '../errors.ts';
import { failureLines, reportFailure } from './image-failure.ts';
import type { ImageFailure } from './image-failure.ts';

const shownFailures = 10;

/** The one error of a load that brought no image. */
export function failedLoad(failures: readonly ImageFailure[]): PaletteEdgeError {
  const reports = failures.map(reportFailure);
  const more = failures.length - shownFailures;
  const message = [
    `none of ${failures.length} images was loaded`,
    ...failureLines(reports.slice(0, shownFailures)),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
  return new PaletteEdgeError('LOAD_FAILED', message, {
    kind: failures[0]?.error.kind ?? 'failure',
    suggestions: [...new Set(failures.flatMap(({ error }) => error.suggestions))].slice(0, 3),
    details: { failures: reports },
  });
}
