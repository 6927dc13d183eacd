import { PaletteEdgeError } from '../errors.ts';
import type { Warning } from '../warning.ts';
import { failureLines, reportFailure } from './image-failure.ts';
import type { ImageFailure, ImageFailureReport } from './image-failure.ts';
import type { PlannedPush, PushPlan } from './plan-push.ts';

/** What a push did, or would do. */
export interface PushResult {
  /** Registry and prefix: `registry.example.com/hub`. */
  readonly destination: string;
  readonly isDryRun: boolean;
  /** Those that are in the registry now as a whole; in a dry run, those that would be. */
  readonly images: readonly PlannedPush[];
  readonly failures: readonly ImageFailureReport[];
  readonly warnings: readonly Warning[];
  readonly statistics: PushStatistics;
}

/** In bytes: of blobs, not of manifests. */
interface PushStatistics extends Pick<PushPlan, 'bytesToSend' | 'bytesPresent'> {
  /** In vain as well. */
  readonly bytesSent: number;
  /** Blobs, once for each repository that got it. */
  readonly blobsUploaded: number;
  readonly blobsMounted: number;
  readonly retries: number;
  readonly seconds: number;
}

const shownFailures = 10;

/** The one error of a push that brought no image to the registry. */
export function nothingPushed(failures: readonly ImageFailure[]): PaletteEdgeError {
  const reports = failures.map(reportFailure);
  const [first] = failures;
  const more = failures.length - shownFailures;
  const message = [
    `none of ${failures.length} images was pushed`,
    ...failureLines(reports.slice(0, shownFailures)),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
  return new PaletteEdgeError('PUSH_FAILED', message, {
    kind: first?.error.kind ?? 'failure',
    suggestions: [...new Set(failures.flatMap(({ error }) => error.suggestions))],
    details: { failures: reports },
  });
}
