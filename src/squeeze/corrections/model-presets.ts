import type { ModelParameters } from './model-parameters.ts';

const zlib = { hash: 0, shortest: 3, shortestReach: 4096, reach: 32_768 - 262, remembered: 258 } as const;
const go = { hash: 2, shortest: 4, shortestReach: 4096, reach: 32_768, remembered: 258 } as const;
const four = { hash: 3, shortest: 4, shortestReach: 32_768, reach: 32_768, remembered: 258 } as const;
const greedy = { good: 259, lazy: 0 } as const;

/** The models that are tried on the beginning of a stream. Corrections keep all parameters, so that this table may change. */
export const modelPresets: readonly ModelParameters[] = [
  // zlib's levels 1–9, and levels 5–9 without giving up short far matches.
  { ...zlib, ...greedy, chain: 4, nice: 8, remembered: 4, shortestReach: 32_768 },
  { ...zlib, ...greedy, chain: 8, nice: 16, remembered: 5, shortestReach: 32_768 },
  { ...zlib, ...greedy, chain: 32, nice: 32, remembered: 6, shortestReach: 32_768 },
  { ...zlib, chain: 16, good: 4, nice: 16, lazy: 4 },
  { ...zlib, chain: 32, good: 8, nice: 32, lazy: 16 },
  { ...zlib, chain: 128, good: 8, nice: 128, lazy: 16 },
  { ...zlib, chain: 256, good: 8, nice: 128, lazy: 32 },
  { ...zlib, chain: 1024, good: 32, nice: 258, lazy: 128 },
  { ...zlib, chain: 4096, good: 32, nice: 258, lazy: 258 },
  { ...zlib, hash: 1, chain: 128, good: 8, nice: 128, lazy: 16 },
  { ...zlib, hash: 1, chain: 4096, good: 32, nice: 258, lazy: 258 },
  // Go's levels 4–9.
  { ...go, chain: 16, good: 4, nice: 16, lazy: 4 },
  { ...go, chain: 32, good: 8, nice: 32, lazy: 16 },
  { ...go, chain: 128, good: 8, nice: 128, lazy: 16 },
  { ...go, chain: 256, good: 8, nice: 128, lazy: 32 },
  { ...go, chain: 1024, good: 32, nice: 258, lazy: 128 },
  { ...go, chain: 4096, good: 32, nice: 258, lazy: 258 },
  // Others, which find matches of four bytes in tables of their own.
  { ...four, ...greedy, chain: 1, nice: 258 },
  { ...four, ...greedy, chain: 2, nice: 258 },
  { ...four, ...greedy, chain: 8, nice: 258 },
  { ...four, chain: 2, good: 259, nice: 258, lazy: 16 },
  { ...four, chain: 16, good: 259, nice: 258, lazy: 258 },
  { ...four, chain: 128, good: 259, nice: 258, lazy: 258 },
  { ...four, ...zlib, hash: 3, chain: 128, good: 8, nice: 128, lazy: 16, shortest: 4, shortestReach: 32_768 },
  { ...zlib, hash: 5, chain: 128, good: 259, nice: 258, lazy: 258, reach: 32_768 },
  { ...zlib, hash: 5, chain: 1024, good: 259, nice: 258, lazy: 258, shortestReach: 32_768, reach: 32_768 },
];
