import type { VerifyListener } from '../workflows/verify-bundle.ts';
import type { Progress } from './progress.ts';

/** Shows a verification as progress. */
export function verifyListener(progress: Progress): VerifyListener {
  return {
    onStart: (total) => progress.startPhase('Verifying', total),
    onBytes: (count) => progress.advance(count),
  };
}
