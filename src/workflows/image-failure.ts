import { PaletteEdgeError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';

/** An image or chart that could not be pinned or pulled, and why. */
export interface ImageFailure {
  readonly name: string;
  readonly origins: readonly Origin[];
  readonly error: PaletteEdgeError;
  /** True for a Helm chart; undefined otherwise. */
  readonly isChart?: boolean | undefined;
}

/** What `--json` says of a failed image or chart. */
export interface ImageFailureReport {
  readonly reference: string;
  /** True for a Helm chart; undefined otherwise. */
  readonly isChart?: boolean | undefined;
  /** Stable code of the reason. */
  readonly code: string;
  readonly message: string;
  readonly origins: readonly Origin[];
}

/** With several kinds of failure the one that a person can do most about picks the exit code. */
const kindOrder: readonly ErrorKind[] = ['authentication', 'notFound', 'content', 'network', 'failure'];

/** How many images and Helm charts were asked for. */
export interface AskedCounts {
  readonly images: number;
  readonly charts: number;
}

/**
 * Joins all failures into the one error that ends a build: every image and chart, its reason, and who asked for it.
 *
 * @param hasNoSkip whether the command has no `--skip-missing`; what it writes is not one bundle
 */
export function failedImagesError(
  failures: readonly ImageFailure[],
  asked: AskedCounts,
  hasNoSkip = false,
): PaletteEdgeError {
  const kind = kindOrder.find((candidate) => failures.some(({ error }) => error.kind === candidate));
  const suggestions = new Set(failures.flatMap(({ error }) => error.suggestions));
  const isSome = !hasNoSkip && failures.length < asked.images + asked.charts;
  const skip = isSome ? ['To write a bundle without what failed, add --skip-missing.'] : [];
  const reports = failures.map(reportFailure);
  const title = `${failedCounts(failures, asked)} failed${hasNoSkip ? '' : '; no bundle was written'}`;
  return new PaletteEdgeError('IMAGES_FAILED', [title, ...failureLines(reports)].join('\n'), {
    kind: kind ?? 'failure',
    suggestions: [...suggestions, ...skip],
    details: { failures: reports },
  });
}

/** `2 of 3 images and 1 of 1 charts`: of each kind that has failures. */
function failedCounts(failures: readonly ImageFailure[], { images, charts }: AskedCounts): string {
  const failedCharts = failures.filter(({ isChart }) => isChart === true).length;
  const failedImages = failures.length - failedCharts;
  return [
    ...(failedImages > 0 ? [`${failedImages} of ${images} images`] : []),
    ...(failedCharts > 0 ? [`${failedCharts} of ${charts} charts`] : []),
  ].join(' and ');
}

/** Each failure as text: the image, its reason, and who asked for it. */
export function failureLines(failures: readonly ImageFailureReport[]): string[] {
  return failures.map(
    ({ reference, message, origins }) =>
      `  ${reference}\n    ${message}\n    asked for by ${origins.map(formatOrigin).join('; ')}`,
  );
}

/** A failure as plain data. */
export function reportFailure({ name, error, origins, isChart }: ImageFailure): ImageFailureReport {
  const { code, message } = error;
  return { reference: name, ...(isChart === true ? { isChart } : {}), code, message, origins };
}

/**
 * Makes a failure of what an image's job threw.
 *
 * @throws the error itself when it is no fault of one image: a bug, an interruption, a full disk, a broken setting
 */
export function toImageFailure(
  { name, origins, isChart }: Omit<ImageFailure, 'error'>,
  error: unknown,
): ImageFailure {
  if (!isFailureOfOne(error)) throw error;
  return { name, origins, ...(isChart === true ? { isChart } : {}), error };
}

/** Whether an error is the fault of one image, and not a bug, an interruption, a full disk or a broken setting. */
export function isFailureOfOne(error: unknown): error is PaletteEdgeError {
  return error instanceof PaletteEdgeError && error.kind !== 'disk' && error.kind !== 'usage';
}
