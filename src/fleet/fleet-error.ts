import { PaletteEdgeError } from '../errors.ts';

/** The error for a fleet file that is not as docs/fleet.md says. */
export function invalidFleet(
  place: string,
  reason: string,
  suggestions: readonly string[] = [],
): PaletteEdgeError {
  return new PaletteEdgeError('FLEET_INVALID', `${place}: ${reason}`, {
    kind: 'usage',
    suggestions: suggestions.length > 0 ? suggestions : ['docs/fleet.md says what a fleet file holds.'],
  });
}

/** The error for a state file that was changed by something else than palette-edge or a merge. */
export function invalidState(place: string, reason: string): PaletteEdgeError {
  return new PaletteEdgeError('FLEET_STATE_INVALID', `${place}: ${reason}`, {
    kind: 'content',
    suggestions: [
      'Take the file from the last commit, or settle the conflict: one line for each site and bundle.',
    ],
  });
}
