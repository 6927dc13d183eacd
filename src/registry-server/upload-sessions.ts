import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ApiError, refusal } from './api-error.ts';
import type { RegistryLimits } from './registry-limits.ts';
import { StagedUpload } from './staged-upload.ts';

interface Session {
  readonly upload: StagedUpload;
  /** When it was used last, in milliseconds. */
  usedAt: number;
  isBusy: boolean;
}

/** The uploads of a registry that are not complete: at most so many, and each used by one request at a time. */
export class UploadSessions {
  readonly #folder: string;
  readonly #limits: RegistryLimits;
  readonly #sessions = new Map<string, Session>();

  constructor(folder: string, limits: RegistryLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /**
   * Begins an upload. Uploads that nobody used for long make place for it.
   *
   * @throws ApiError 429 `TOOMANYREQUESTS` when too many are open
   */
  async begin(repository: string): Promise<StagedUpload> {
    await mkdir(this.#folder, { recursive: true });
    await this.#removeIdle();
    if (this.#sessions.size >= this.#limits.maximumUploads) {
      throw new ApiError(429, [{ code: 'TOOMANYREQUESTS', message: 'too many uploads are open' }], {
        'retry-after': '30',
      });
    }
    const id = randomUUID();
    const upload = new StagedUpload(id, repository, join(this.#folder, `${id}.upload`));
    this.#sessions.set(id, { upload, usedAt: Date.now(), isBusy: false });
    return upload;
  }

  /**
   * Uses an upload; meanwhile nobody else can.
   *
   * @throws ApiError 404 `BLOB_UPLOAD_UNKNOWN`; 409 when another request uses it
   */
  async use<T>(
    name: { readonly repository: string; readonly id: string },
    operation: (upload: StagedUpload) => Promise<T>,
  ): Promise<T> {
    const session = this.#sessions.get(name.id);
    if (session?.upload.repository !== name.repository)
      throw refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'the repository has no such upload');
    if (session.isBusy) throw refusal(409, 'BLOB_UPLOAD_INVALID', 'another request uses this upload');
    session.isBusy = true;
    try {
      return await operation(session.upload);
    } finally {
      session.isBusy = false;
      session.usedAt = Date.now();
    }
  }

  /** Ends an upload, complete or not, and removes its file. */
  async end(upload: StagedUpload): Promise<void> {
    this.#sessions.delete(upload.id);
    await upload.remove();
  }

  /** Ends all of them. None may be in use. */
  async close(): Promise<void> {
    for (const { upload } of this.#sessions.values()) await this.end(upload);
  }

  async #removeIdle(): Promise<void> {
    const oldest = Date.now() - this.#limits.uploadIdleMs;
    for (const { upload, usedAt, isBusy } of this.#sessions.values())
      if (!isBusy && usedAt <= oldest) await this.end(upload);
  }
}
