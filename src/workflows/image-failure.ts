import { PaletteEdgeError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';
import { formatOrigin } from '../oci/origin.ts';
import type { Origin } from '../oci/origin.ts';

/** An image that could not be pinned or pulled, and why. */
export interface ImageFailure {
  readonly name: string;
  readonly origins: readonly Origin[];
  readonly error: PaletteEdgeError;
}

/** What `--json` says of a failed image. */
export interface ImageFailureReport {
  readonly reference: string;
  /** Stable code of the reason. */
  readonly code: string;
  readonly message: string;
  readonly origins: readonly Origin[];
}

/** With several kinds of failure the one that a person can do most about picks the exit code. */
const kindOrder: readonly ErrorKind[] = ['authentication', 'notFound', 'content', 'network', 'failure'];

/** Joins all failures into the one error that ends a build: every image, its reason, and who asked for it. */
export function failedImagesError(failures: readonly ImageFailure[], total: number): PaletteEdgeError {
  const kind = kindOrder.find((candidate) => failures.some(({ error }) => error.kind === candidate));
  const suggestions = new Set(failures.flatMap(({ error }) => error.suggestions));
  const skip =
    failures.length < total ? ['To write a bundle without the failed images, add --skip-missing.'] : [];
  const reports = failures.map(reportFailure);
  const title = `${failures.length} of ${total} images failed; no bundle was written`;
  return new PaletteEdgeError('IMAGES_FAILED', [title, ...failureLines(reports)].join('\n'), {
    kind: kind ?? 'failure',
    suggestions: [...suggestions, ...skip],
    details: { failures: reports },
  });
}

/** Each failure as text: the image, its reason, and who asked for it. */
export function failureLines(failures: readonly ImageFailureReport[]): string[] {
  return failures.map(
    ({ reference, message, origins }) =>
      `  ${reference}\n    ${message}\n    asked for by ${origins.map(formatOrigin).join('; ')}`,
  );
}

/** A failure as plain data. */
export function reportFailure({ name, error, origins }: ImageFailure): ImageFailureReport {
  return { reference: name, code: error.code, message: error.message, origins };
}

/**
 * Makes a failure of what an image's job threw.
 *
 * @throws the error itself when it is no fault of one image: a bug, an interruption, a full disk, a broken setting
 */
export function toImageFailure(
  image: { readonly name: string; readonly origins: readonly Origin[] },
  error: unknown,
): ImageFailure {
  if (!isFailureOfOne(error)) throw error;
  return { name: image.name, origins: image.origins, error };
}

/** Whether an error is the fault of one image, and not a bug, an interruption, a full disk or a broken setting. */
export function isFailureOfOne(error: unknown): error is PaletteEdgeError {
  return error instanceof PaletteEdgeError && error.kind !== 'disk' && error.kind !== 'usage';
}
