import { PaletteEdgeError } from '../errors.ts';
import { durationText } from '../io/duration-text.ts';

/** The error `TOO_MANY_REQUESTS` for a host that asks for more patience than a build has. */
export function hostAsksTooMuch(
  cause: PaletteEdgeError,
  registry: string,
  askedMs: number,
): PaletteEdgeError {
  return throttledError(cause, `${registry} asks to be left alone for ${durationText(askedMs / 1000)}`, {
    suggestions: [
      `Run the same command again in ${durationText(askedMs / 1000)}: what is done so far is kept.`,
      `Registries allow more to those who log in: palette-edge login ${registry}`,
    ],
  });
}

/** The error `TOO_MANY_REQUESTS` for a host that has asked for patience again and again. */
export function hostHasNoEnd(cause: PaletteEdgeError, registry: string, sinceMs: number): PaletteEdgeError {
  const reason = `${registry} has answered nothing else for ${durationText(sinceMs / 1000)}`;
  return throttledError(cause, reason, { suggestions: cause.suggestions });
}

/** The error `TOO_MANY_REQUESTS` for a host that is being left alone, for those who have another one to ask. */
export function hostIsPaused(registry: string, pauseMs: number): PaletteEdgeError {
  const message = `${registry} asked to be left alone for another ${durationText(pauseMs / 1000)}; it was not asked again`;
  return new PaletteEdgeError('TOO_MANY_REQUESTS', message, { kind: 'network' });
}

function throttledError(
  cause: PaletteEdgeError,
  reason: string,
  { suggestions }: { readonly suggestions: readonly string[] },
): PaletteEdgeError {
  return new PaletteEdgeError('TOO_MANY_REQUESTS', `${cause.message}; ${reason}`, {
    kind: 'network',
    cause,
    suggestions,
  });
}
