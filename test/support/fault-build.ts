import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { HttpClient } from '../../src/http/http-client.ts';
import type { HttpClientOptions } from '../../src/http/http-client.ts';
import { defaultRetryPolicy } from '../../src/http/retry-policy.ts';
import { hashHere } from '../../src/io/hash-thread.ts';
import { noCredentials } from '../../src/registry/credentials.ts';
import type { CredentialSource } from '../../src/registry/credentials.ts';
import { RegistryClient } from '../../src/registry/registry-client.ts';
import { BlobStore } from '../../src/store/blob-store.ts';
import { buildBundle } from '../../src/workflows/build-bundle.ts';
import type { BuildResult } from '../../src/workflows/build-bundle.ts';
import type { BuildListener } from '../../src/workflows/build-event.ts';

/** A build in this process, with the real retry policy and waits that take no time. */
export interface FaultBuild {
  /** Holds `store`, and `out` with the bundle. */
  readonly folder: string;
  readonly references: readonly string[];
  readonly http?: Partial<HttpClientOptions>;
  readonly credentials?: CredentialSource;
  readonly concurrency?: number;
  /** Whether to write the bundle without the images that fail. */
  readonly skipMissing?: boolean;
  /** During each wait, which takes no time of its own; told how long it would be, in milliseconds. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** The clock that tokens expire by, in milliseconds. */
  readonly now?: () => number;
  readonly listener?: BuildListener;
  readonly signal?: AbortSignal;
}

/** How a build ended: with a result, or with whatever it threw. */
export interface FaultOutcome {
  readonly result: BuildResult | undefined;
  readonly error: unknown;
  /** The waits, in milliseconds of the build's own clock, which only they move on. */
  readonly waits: readonly number[];
}

/** The one of the command line: its bundles are to be the same. */
const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

/** Builds a bundle of all references. Never throws. */
export async function runFaultBuild(build: FaultBuild): Promise<FaultOutcome> {
  const { folder, credentials = noCredentials, concurrency = 6, sleep, listener, signal } = build;
  const waits: number[] = [];
  let time = 0;
  await using closing = new AsyncDisposableStack();
  const http = new HttpClient({
    plainHttpHosts: new Set(['127.0.0.1']),
    insecureHosts: new Set(),
    caCertificates: [],
    userAgent: 'test/1',
    ...build.http,
  });
  closing.defer(async () => await http.close());
  const waitBriefly = async (milliseconds: number): Promise<void> => {
    waits.push(milliseconds);
    time += milliseconds;
    // Others get their turn, as in any wait.
    await setImmediate();
    await sleep?.(milliseconds);
  };
  const policy = { ...defaultRetryPolicy, random: () => 1 };
  await mkdir(join(folder, 'out'), { recursive: true });
  const resources = {
    createRegistryClient: (onRetry: ConstructorParameters<typeof RegistryClient>[0]['onRetry']) =>
      new RegistryClient({
        http,
        credentials,
        concurrencyPerHost: concurrency,
        ...(onRetry === undefined ? {} : { onRetry }),
        retry: { policy, sleep: waitBriefly, now: () => time },
        ...(build.now === undefined ? {} : { now: build.now }),
      }),
    openStore: async () => await BlobStore.open(join(folder, 'store')),
    hasher: hashHere,
    concurrency,
    tool: { name: 'palette-edge', version },
    listener: listener ?? (() => undefined),
    now: () => performance.now(),
  };
  const input = {
    sources: {
      profiles: [],
      images: build.references,
      imagesFiles: [],
      manifests: [],
      variables: new Map(),
      macros: new Map(),
    },
    platforms: undefined,
    allowMissingPlatform: false,
    skipMissing: build.skipMissing ?? false,
    isDryRun: false,
    outfile: undefined,
    output: join(folder, 'out', 'bundle.tar.zst'),
    compressionLevel: 1,
  };
  try {
    const result = await buildBundle(input, resources, signal ?? new AbortController().signal);
    return { result, error: undefined, waits };
  } catch (error) {
    return { result: undefined, error, waits };
  }
}
