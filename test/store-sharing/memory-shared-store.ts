import { PaletteEdgeError } from '../../src/errors.ts';
import { onePiece } from '../../src/oci/one-piece.ts';
import { readWholeBlob } from '../../src/oci/read-whole-blob.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { verifiedContent } from '../../src/oci/verified-content.ts';
import type { BlobsToKeep, SharedStore } from '../../src/store-sharing/shared-store.ts';

/** What a shared store is asked for. */
type Question = 'check' | 'sizeOf' | 'open' | 'put' | 'keep';

/** A shared store in memory. */
export interface MemorySharedStore extends SharedStore {
  readonly content: Map<Digest, Uint8Array>;
  readonly kept: BlobsToKeep[];
  /** Every question, in the order of arrival. */
  readonly asked: Question[];
  /** What these questions are answered with. */
  readonly failures: Map<Question, Error>;
  /** Told before a question is answered. */
  onQuestion: (question: Question) => Promise<void>;
}

/** Makes an empty one. */
export function memorySharedStore(name = 'oci://shared.example/cache'): MemorySharedStore {
  const content = new Map<Digest, Uint8Array>();
  const ask = async (question: Question): Promise<void> => {
    store.asked.push(question);
    await store.onQuestion(question);
    const failure = store.failures.get(question);
    if (failure !== undefined) throw failure;
  };
  const store: MemorySharedStore = {
    name,
    content,
    kept: [],
    asked: [],
    failures: new Map(),
    onQuestion: async () => await Promise.resolve(),
    check: async () => await ask('check'),
    sizeOf: async (digest) => {
      await ask('sizeOf');
      return content.get(digest)?.length;
    },
    open: async (blob) => {
      const { digest } = blob;
      await ask('open');
      const bytes = content.get(digest);
      if (bytes === undefined)
        throw new PaletteEdgeError('BLOB_NOT_FOUND', `${digest} is not there`, { kind: 'notFound' });
      return verifiedContent(blob, onePiece(bytes), 'reading from memory');
    },
    put: async ({ blob, source, isReplacement }) => {
      await ask('put');
      if (content.has(blob.digest) && !isReplacement) return 0;
      content.set(blob.digest, await readWholeBlob(source, blob));
      return blob.size;
    },
    keep: async (kept) => {
      await ask('keep');
      store.kept.push(kept);
    },
  };
  return store;
}
