import type { ChainHash } from './hash-chain.ts';

/** The hashes by the number that parameters name. Numbers keep their meaning. */
export const chainHashes: readonly ChainHash[] = [
  { kind: 'zlib', bits: 15, multiplier: 0 },
  { kind: 'zlib', bits: 16, multiplier: 0 },
  { kind: 'big', bits: 17, multiplier: 0x1e_35_a7_bd },
  { kind: 'little', bits: 16, multiplier: 0x9e_37_79_b1 },
  { kind: 'little', bits: 15, multiplier: 0x1e_35_a7_bd },
  { kind: 'three', bits: 16, multiplier: 0x9e_37_79_b1 },
  { kind: 'zlib', bits: 14, multiplier: 0 },
  { kind: 'zlib', bits: 12, multiplier: 0 },
];

/** The hash of the chain in which distances are ranked, where the model's own lacks some positions. */
export const rankHash: ChainHash = { kind: 'three', bits: 16, multiplier: 0x9e_37_79_b1 };
