/** Shows how a long job goes on, on stderr. */
export interface Progress extends Disposable {
  /** Says something once: what begins, the plan. */
  tell(text: string): void;
  /** As `tell`, for warnings: with `--quiet`, too. */
  warn(text: string): void;
  /** Begins a phase of so many bytes; the one before it ends. */
  startPhase(label: string, totalBytes: number): void;
  /** So many more bytes of the phase are done. */
  advance(count: number): void;
  /** Something of the phase that is under way at the moment, such as a blob. */
  startItem(id: string, label: string, totalBytes: number): void;
  advanceItem(id: string, count: number): void;
  endItem(id: string): void;
  /** Ends the phase; may be called at any time, also twice. Disposing does the same. */
  close(): void;
}

/** For `--json`: says nothing. */
export const silentProgress: Progress = {
  tell: () => undefined,
  warn: () => undefined,
  startPhase: () => undefined,
  advance: () => undefined,
  startItem: () => undefined,
  advanceItem: () => undefined,
  endItem: () => undefined,
  close: () => undefined,
  [Symbol.dispose]: () => undefined,
};

/** For `--quiet`: says warnings. */
export function quietProgress(warn: (text: string) => void): Progress {
  return { ...silentProgress, warn };
}
