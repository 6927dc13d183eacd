import { verifyStore } from '../store/verify-store.ts';
import type { VerifyStoreOptions, VerifyStoreReport } from '../store/verify-store.ts';

/** What is to be verified. */
export interface StoreVerifyInput {
  readonly store: string;
  /** Whether damaged blobs are removed, so that the next build pulls them. */
  readonly isRepair: boolean;
}

/** What hashes, and who is told of it. */
export type StoreVerifyResources = Pick<VerifyStoreOptions, 'hashers' | 'onStart' | 'onBytes'>;

/** What verifying a store found. */
export interface StoreVerifyResult extends VerifyStoreReport {
  readonly store: string;
  readonly isRepair: boolean;
}

/**
 * Hashes every blob of a store.
 *
 * @throws PaletteEdgeError `STORE_NOT_FOUND`, `NOT_A_STORE` and the like; `DISK_…`
 */
export async function storeVerify(
  { store, isRepair }: StoreVerifyInput,
  resources: StoreVerifyResources,
  signal: AbortSignal,
): Promise<StoreVerifyResult> {
  return { store, isRepair, ...(await verifyStore(store, { ...resources, isRepair, signal })) };
}
