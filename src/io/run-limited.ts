import pLimit from 'p-limit';

/** How many jobs run at once, and what ends them early. */
export interface RunLimitedOptions {
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/**
 * Runs a job for every item, some at a time, in the order of the items.
 *
 * The first job that throws ends the others: no further one is started, those under way see their signal aborted, and all
 * of them have ended when this throws what the first one threw.
 *
 * @returns what the jobs returned, in the order of the items
 */
export async function runLimited<T, R>(
  items: readonly T[],
  options: RunLimitedOptions,
  job: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const limit = pLimit(options.concurrency);
  let first: { readonly error: unknown } | undefined;
  const results: R[] = [];
  const run = async (item: T, index: number): Promise<void> => {
    if (first !== undefined) return;
    try {
      signal.throwIfAborted();
      results[index] = await job(item, signal);
    } catch (error) {
      first ??= { error };
      failure.abort(error);
    }
  };
  await Promise.all(items.map((item, index) => limit(run, item, index)));
  if (first !== undefined) throw first.error;
  return results;
}
