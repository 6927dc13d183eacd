/** How much time squeezing may take for how few bytes. */
export type SqueezeEffort = 'fast' | 'balanced' | 'max';

/** All efforts, the least first. */
export const squeezeEfforts: readonly SqueezeEffort[] = ['fast', 'balanced', 'max'];

/** How long frames are written. */
interface EffortSettings {
  /** zstd level. */
  readonly level: number;
  /** Bytes of tar in a long frame. */
  readonly frameContent: number;
}

const mebibyte = 1024 * 1024;

/**
 * What an effort stands for: measured in bench/README.md. Part of what decides a bundle's bytes. Looking at layers takes longer than level 9,
 * so less saves no time.
 */
export const effortSettings: Readonly<Record<SqueezeEffort, EffortSettings>> = {
  fast: { level: 9, frameContent: 512 * mebibyte },
  balanced: { level: 16, frameContent: 512 * mebibyte },
  max: { level: 19, frameContent: 1024 * mebibyte },
};
