import { releaseMemory } from './release-memory.ts';

/** Bytes of decompressed frames that are kept for the next read: manifests lie side by side. */
const usualLimit = 32 * 1024 * 1024;

/** A frame, and how it is read when it is not kept. */
export interface FrameSource {
  /** Of one frame of one bundle. */
  readonly key: string;
  /** Bytes that it decompresses to. */
  readonly size: number;
  /** The result belongs to the cache. */
  readonly read: () => Promise<Uint8Array>;
}

interface KeptFrame {
  readonly key: string;
  readonly content: Promise<Uint8Array>;
  readonly size: number;
  /** Who looks at it now. */
  users: number;
  /** It was handed out, so nobody knows how long it is needed. */
  isShared: boolean;
  isKept: boolean;
}

/** Decompressed frames of any number of bundles: those that were used last, up to a number of bytes for all together. */
export class FrameCache {
  readonly #limit: number;
  /** The one that was used last is the last one. */
  readonly #frames = new Map<string, KeptFrame>();
  #bytes = 0;
  #members = 0;

  /** @param limit in bytes; a single frame that is larger is kept all the same, alone */
  constructor(limit: number = usualLimit) {
    this.#limit = limit;
  }

  /** Bytes of all frames that are kept, and of those that are on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns what tells the frames of one more bundle from those of the others */
  join(): number {
    this.#members += 1;
    return this.#members;
  }

  /**
   * A frame that is kept, or else one that is read now, and then kept. A failure is not. The content is shared: it must not be
   * changed.
   *
   * Not async: the very promise whose failure is taken care of must be handed out, not one that follows it.
   */
  frame(source: FrameSource): Promise<Uint8Array> {
    const kept = this.#find(source);
    kept.isShared = true;
    return kept.content;
  }

  /**
   * Looks at a frame as {@link frame} gives it, and keeps nothing of it: its memory is given back as soon as it is not kept.
   *
   * @param look must not let go of the content, nor wait
   */
  async use<T>(source: FrameSource, look: (content: Uint8Array) => T): Promise<T> {
    const kept = this.#find(source);
    kept.users += 1;
    try {
      return look(await kept.content);
    } finally {
      kept.users -= 1;
      giveBack(kept);
    }
  }

  #find({ key, size, read }: FrameSource): KeptFrame {
    const known = this.#frames.get(key);
    if (known !== undefined) {
      this.#frames.delete(key);
      this.#frames.set(key, known);
      return known;
    }
    const kept = { key, size, content: read(), users: 0, isShared: false, isKept: true };
    this.#frames.set(key, kept);
    this.#bytes += size;
    // Read ahead, so perhaps nobody waits for it yet; whoever comes to it gets the error.
    kept.content.catch(() => this.#forget(kept));
    this.#forgetOldest();
    return kept;
  }

  #forgetOldest(): void {
    for (const kept of this.#frames.values()) {
      if (this.#bytes <= this.#limit || this.#frames.size === 1) return;
      this.#forget(kept);
    }
  }

  #forget(kept: KeptFrame): void {
    if (!kept.isKept) return;
    kept.isKept = false;
    this.#frames.delete(kept.key);
    this.#bytes -= kept.size;
    giveBack(kept);
  }
}

function giveBack({ content, users, isShared, isKept }: KeptFrame): void {
  if (isKept || isShared || users > 0) return;
  // What cannot be read has no memory.
  void content.then(releaseMemory, () => undefined);
}
