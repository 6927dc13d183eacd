import type { Config } from '@oclif/core';

import { HashThread } from '../io/hash-thread.ts';
import type { EncryptResources } from '../workflows/encrypt-bundle.ts';
import type { Progress } from './progress.ts';

/** The real parts that encrypt and decrypt. Disposing ends the thread. */
export interface EncryptWiring extends AsyncDisposable {
  readonly resources: EncryptResources;
}

/** @param label what is going on: `Encrypting` */
export function wireEncrypt(
  { bin, version }: Pick<Config, 'bin' | 'version'>,
  progress: Progress,
  label: string,
): EncryptWiring {
  const hasher = new HashThread();
  const listener = {
    onStart: (total: number) => progress.startPhase(label, total),
    onBytes: (count: number) => progress.advance(count),
  };
  return {
    resources: { hasher, tool: { name: bin, version }, listener },
    [Symbol.asyncDispose]: async () => await hasher[Symbol.asyncDispose](),
  };
}
