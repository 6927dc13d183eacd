import { exitCodes } from '../errors.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The one abort signal of a process. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Turns Ctrl-C and the like into an aborted signal, so that everything can stop in order and be resumed. A second one
 * ends the process at once.
 */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  const interrupt = (): void => {
    // oxlint-disable-next-line unicorn/no-process-exit -- the second Ctrl-C must not wait for anything
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
  };
  for (const name of signals) process.on(name, interrupt);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, interrupt);
    },
  };
}
