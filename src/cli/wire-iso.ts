import { HashThread } from '../io/hash-thread.ts';
import type { IsoListener, IsoResources } from '../workflows/create-iso.ts';
import type { VerifyIsoListener, VerifyIsoResources } from '../workflows/verify-iso.ts';
import { findProgram } from './discovery-flags.ts';
import type { Progress } from './progress.ts';

/** The real parts that make and check images. Disposing ends the thread. */
export interface IsoWiring extends AsyncDisposable {
  readonly resources: IsoResources;
}

/** Finds xorriso on the PATH; whether it is there, and will do, is told when it is needed. */
export function wireIso(progress: Progress): IsoWiring {
  const hasher = new HashThread();
  return {
    resources: { xorriso: findXorriso(), hasher, listener: isoListener(progress) },
    [Symbol.asyncDispose]: async () => await hasher[Symbol.asyncDispose](),
  };
}

/** The real parts that verify images. Disposing ends the thread. */
export function wireIsoVerification(
  progress: Progress,
): AsyncDisposable & { readonly resources: VerifyIsoResources } {
  const hasher = new HashThread();
  const listener: VerifyIsoListener = {
    onPhase: (what, total) => progress.startPhase(`Verifying ${what}`, total),
    onBytes: (count) => progress.advance(count),
  };
  return {
    resources: { hasher, listener },
    [Symbol.asyncDispose]: async () => await hasher[Symbol.asyncDispose](),
  };
}

/** Path of xorriso, or undefined when the PATH has none. */
export function findXorriso(): string | undefined {
  return findProgram('xorriso', process.env['PATH']);
}

const phaseLabels: Readonly<Record<Parameters<IsoListener['onPhase']>[0], string>> = {
  verifying: 'Verifying bundle',
  hashing: 'Hashing files',
  writing: 'Writing ISO',
  checking: 'Reading back',
};

function isoListener(progress: Progress): IsoListener {
  return {
    onPhase: (phase, total) => progress.startPhase(phaseLabels[phase], total),
    onBytes: (count) => progress.advance(count),
  };
}
