import { tmpdir } from 'node:os';

import { pushBundles } from '../../src/workflows/push-bundles.ts';
import type { PushEvent } from '../../src/workflows/push-event.ts';
import type { PushInput, PushNaming } from '../../src/workflows/push-input.ts';
import type { PushResult } from '../../src/workflows/push-result.ts';
import { pushingClient } from './pushing-client.ts';
import type { PushingClientOptions } from './pushing-client.ts';

/** What a test says of a push; all else is usual. */
export interface TestPush
  extends Partial<Omit<PushInput, 'naming' | 'paths'>>, Partial<PushNaming>, PushingClientOptions {
  /** What stands before all names. */
  readonly prefix?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: PushEvent) => void;
}

/** Pushes bundles to a registry on loopback, in this process. */
export async function pushTo(
  host: string,
  paths: readonly string[],
  options: TestPush = {},
): Promise<{ readonly result: PushResult; readonly events: readonly PushEvent[] }> {
  const { prefix = '', mappings = [], keepsRegistry = false, concurrency = 4, onEvent } = options;
  const { patterns = [], platform, isDryRun = false } = options;
  const events: PushEvent[] = [];
  const naming = { destination: { registry: host, path: prefix }, mappings, keepsRegistry };
  const result = await pushBundles(
    { paths, naming, patterns, platform, isDryRun, bases: options.bases },
    {
      createPusher: (onRetry) => pushingClient({ ...options, onRetry }).pusher,
      restored: { folder: tmpdir(), limit: 2 ** 30 },
      concurrency,
      listener: (event) => {
        events.push(event);
        onEvent?.(event);
      },
      now: () => performance.now(),
    },
    options.signal ?? new AbortController().signal,
  );
  return { result, events };
}
