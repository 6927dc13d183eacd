import { PaletteEdgeError } from '../errors.ts';
import type { SharedStore } from '../store-sharing/shared-store.ts';
import { endsBuild } from '../store-sharing/shared-stores.ts';
import { fine } from './doctor-check.ts';
import type { DoctorCheck } from './doctor-check.ts';

/**
 * Asks shared stores whether they can be read. Nothing is written to them.
 *
 * @throws what is no PaletteEdgeError; the signal's reason when aborted
 */
export async function checkSharedStores(
  stores: readonly SharedStore[],
  signal: AbortSignal,
): Promise<DoctorCheck[]> {
  return await Promise.all(stores.map(async (store) => await checkSharedStore(store, signal)));
}

async function checkSharedStore(store: SharedStore, signal: AbortSignal): Promise<DoctorCheck> {
  const name = `shared store ${store.name}`;
  try {
    await store.check(signal);
    return fine(name, 'can be read');
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PaletteEdgeError)) throw error;
    const { message, suggestions } = error;
    if (endsBuild(error)) return { name, status: 'problem', detail: message, remedies: suggestions };
    return { name, status: 'warning', detail: `${message}; builds go on without it`, remedies: suggestions };
  }
}
