import { availableParallelism } from 'node:os';

import { HashThread } from '../io/hash-thread.ts';
import type { StoreVerifyResources } from '../workflows/store-verify.ts';
import type { Progress } from './progress.ts';

/** More than any disk gives bytes for. */
const mostThreads = 4;

/** The real parts that verify a store. Disposing ends the threads. */
export function wireStoreVerification(
  progress: Progress,
): AsyncDisposable & { readonly resources: StoreVerifyResources } {
  // They start when there is something to hash.
  const first = new HashThread();
  const others = Array.from(
    { length: Math.min(mostThreads, availableParallelism()) - 1 },
    () => new HashThread(),
  );
  return {
    resources: {
      hashers: [first, ...others],
      onStart: (total) => progress.startPhase('Verifying the store', total),
      onBytes: (count) => progress.advance(count),
    },
    [Symbol.asyncDispose]: async () => {
      for (const hasher of [first, ...others]) await hasher[Symbol.asyncDispose]();
    },
  };
}
