import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, onTestFinished } from 'vitest';

import { PaletteEdgeError } from '../../src/errors.ts';
import { verifyBundle } from '../../src/workflows/verify-bundle.ts';
import { runFaultBuild } from './fault-build.ts';
import type { FaultBuild, FaultOutcome } from './fault-build.ts';
import { FaultRegistry } from './fault-registry.ts';
import type { FaultRegistryOptions, FaultRule } from './fault-registry.ts';
import { leftBehind } from './left-behind.ts';
import { everythingShown } from './rejection.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What a trial is made of besides its faults. */
export interface TrialOptions extends Partial<Omit<FaultBuild, 'folder'>> {
  readonly registry?: FaultRegistryOptions;
}

/** A build from a registry with faults, and one from the same registry without them, to compare with. */
export interface Trial {
  readonly registry: FaultRegistry;
  readonly folder: string;
  readonly waits: readonly number[];
  readonly outcome: FaultOutcome;
  /** Bytes that were sent for a build without faults, headers included. */
  readonly bytesWithoutFaults: number;
  readonly requestsWithoutFaults: number;
  /** The checksum of the bundle that is right. */
  readonly sha256: string;
}

/** Starts a registry that ends with the running test. */
export async function startFaultRegistry(options: FaultRegistryOptions = {}): Promise<FaultRegistry> {
  const registry = await FaultRegistry.start(options);
  onTestFinished(async () => await registry[Symbol.asyncDispose]());
  return registry;
}

/** Builds twice: without faults, then with them into another store. */
export async function tryBuild(
  faults: readonly FaultRule[] | ((registry: FaultRegistry) => readonly FaultRule[]),
  options: TrialOptions = {},
): Promise<Trial> {
  const { registry: registryOptions, ...build } = options;
  const registry = await startFaultRegistry(registryOptions);
  registry.inject([]);
  const { sha256 } = await buildWithoutFaults(registry, build);
  const bytesWithoutFaults = registry.bytesSent;
  const requestsWithoutFaults = registry.records.length;
  registry.inject(typeof faults === 'function' ? faults(registry) : faults);
  const folder = await temporaryFolder();
  const outcome = await runFaultBuild({ references: registry.references, ...build, folder });
  const { waits } = outcome;
  return { registry, folder, waits, outcome, bytesWithoutFaults, requestsWithoutFaults, sha256 };
}

async function buildWithoutFaults(
  registry: FaultRegistry,
  { credentials, references = registry.references, http }: Partial<FaultBuild>,
): Promise<{ sha256: string }> {
  const folder = await temporaryFolder();
  const parts = { folder, references, ...(credentials && { credentials }), ...(http && { http }) };
  const { result, error } = await runFaultBuild(parts);
  if (result?.bundle === undefined) throw new Error('the build without faults failed', { cause: error });
  return { sha256: result.bundle.sha256 };
}

/** What is wrong with a build: it should give the very bytes that one without faults gives, and leave nothing behind. */
export async function bundleProblems({ outcome, folder, sha256 }: Trial): Promise<string[]> {
  const { result, error } = outcome;
  if (result?.bundle === undefined) return [`no bundle: ${everythingShown(error)}`];
  const listener = { onStart: () => undefined, onBytes: () => undefined };
  const verified = await verifyBundle(result.bundle.path, listener, new AbortController().signal);
  return [
    ...(result.bundle.sha256 === sha256 ? [] : ['another bundle than without faults']),
    ...verified.problems.map((problem) => JSON.stringify(problem)),
    ...(await leftBehind({ folder, hasBundle: true })),
    ...(await readdir(join(folder, 'store', 'ingest'))),
  ];
}

/** What a failed build said. */
export interface ToldFailure {
  readonly exit: number;
  readonly message: string;
  /** The code of the failure of each image, each once. */
  readonly codes: readonly string[];
  readonly failed: readonly string[];
}

/** Expects that the build failed with an error a person can act on, and that nothing was left behind. */
export async function expectFailure({ outcome, folder }: Trial): Promise<ToldFailure> {
  const { result, error } = outcome;
  if (result !== undefined) throw new Error('expected a failure');
  if (!(error instanceof PaletteEdgeError)) throw new Error('a bug', { cause: error });
  expect(await leftBehind({ folder, hasBundle: false })).toEqual([]);
  const details: { failures?: { reference: string; code: string }[] } = { ...error.details };
  const failures = details.failures ?? [];
  return {
    exit: error.oclif.exit,
    message: error.message,
    codes: [...new Set(failures.map(({ code }) => code))],
    failed: failures.map(({ reference }) => reference.replace(/^[^/]*\//, '')),
  };
}
