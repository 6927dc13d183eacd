import { createHash } from 'node:crypto';

import { PaletteEdgeError } from '../errors.ts';
import type { StreamedBody } from '../http/sent-body.ts';
import { listObjects } from './list-objects.ts';
import type { ListedObject } from './list-objects.ts';
import { readObject } from './read-object.ts';
import { formatS3Url, isObjectKey } from './s3-place.ts';
import type { S3Place } from './s3-place.ts';
import { S3Transport } from './s3-transport.ts';
import type { S3TransportOptions } from './s3-transport.ts';
import { S3Uploads } from './s3-uploads.ts';
import type { UploadPlace } from './s3-uploads.ts';
import { sha256Header } from './sha256-header.ts';

/** What is known of an object without reading it. */
export interface ObjectHead {
  /** In bytes. */
  readonly size: number;
  /** As sent, quotes included: it changes when the object does. Some servers have none. */
  readonly etag: string | undefined;
  /** What {@link ObjectToPut.sha256} said when it was written, in hex; undefined when nobody did. */
  readonly sha256: string | undefined;
}

/** What is written as one object, at once. */
export interface ObjectToPut {
  readonly body: StreamedBody | Uint8Array;
  /** In hex. The server compares it before the object appears. Known for bytes; without it a stream is taken as it comes. */
  readonly sha256?: string | undefined;
  /** Writes only where there is no object yet (RFC 9110, `If-None-Match: *`). */
  readonly onlyIfAbsent?: boolean;
}

/** What part of an object is read. */
export interface ObjectRange {
  /** In bytes; 0 unless given. */
  readonly from?: number;
  /** Exclusive; the end of the object unless given. */
  readonly to?: number;
  /** Reading ends with `S3_OBJECT_CHANGED` once the object has another one. */
  readonly etag?: string | undefined;
}

/**
 * The objects below a place in a bucket, by what stands behind its prefix. Has no limit of its own on requests at a time. All
 * methods throw PaletteEdgeErrors: `ACCESS_DENIED`, `S3_KEYS_REFUSED`, `S3_CLOCK_SKEWED` (kind authentication),
 * `S3_BUCKET_NOT_FOUND` (kind notFound), `S3_REGION_WRONG` (kind usage), kind network; and the signal's reason.
 */
export class S3Bucket {
  readonly place: S3Place;
  readonly #transport: S3Transport;

  constructor(place: S3Place, options: S3TransportOptions) {
    this.place = place;
    this.#transport = new S3Transport(place, options);
  }

  /** Who is asked: `host` or `host:port`. */
  get host(): string {
    return this.#transport.host;
  }

  /** `s3://bucket/prefix/name`, for messages. */
  urlOf(name: string): string {
    return formatS3Url(this.place, name);
  }

  /** What is known of an object; undefined when there is none. */
  async head(name: string, signal: AbortSignal): Promise<ObjectHead | undefined> {
    const request = {
      method: 'HEAD',
      ...this.#about(name, signal),
      expected: [200, 404],
      action: 'reading',
    } as const;
    return await this.#transport.run(request, async (response) => {
      await response.discard();
      const { headers, status } = response;
      if (status === 404) return undefined;
      const size = Number(headers['content-length']);
      const { etag } = headers;
      if (headers['content-length'] === undefined || !Number.isSafeInteger(size) || size < 0) {
        const message = `reading ${this.urlOf(name)}: ${this.host} does not say how large it is`;
        throw new PaletteEdgeError('S3_ANSWER_INVALID', message, { kind: 'network' });
      }
      const sha256 = /^[0-9a-f]{64}$/.exec(headers[sha256Header] ?? '')?.[0];
      return { size, etag, sha256 };
    });
  }

  /**
   * Reads an object, or a part of it. Goes on from the last byte when the connection breaks. What it reads is as the server
   * has it: whoever asks compares digests.
   *
   * Iterating throws `S3_OBJECT_NOT_FOUND` (kind notFound), `S3_OBJECT_CHANGED` (kind content), and as all methods do
   */
  get(name: string, range: ObjectRange, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    return readObject(this.#transport, { ...this.#about(name, signal), ...range });
  }

  /**
   * Reads a small object whole.
   *
   * @returns undefined when there is none
   * @throws PaletteEdgeError `RESPONSE_TOO_LARGE` (kind content) when it has more than `limitBytes`
   */
  async readSmall(name: string, limitBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const request = {
      method: 'GET',
      ...this.#about(name, signal),
      expected: [200, 404],
      action: 'reading',
    } as const;
    return await this.#transport.run(request, async (response) => {
      if (response.status === 200) return await response.readBytes(limitBytes);
      const text = await response.readText(errorLimit).catch(() => '');
      signal.throwIfAborted();
      // A bucket that is not there is a mistake; an object may well be missing.
      const error = this.#transport.refusal(request, { response, text });
      if (error.code !== 'S3_OBJECT_NOT_FOUND') throw error;
      return undefined;
    });
  }

  /**
   * Writes an object whole: 5 GiB at most. It appears when all of it is there.
   *
   * @returns `present` when there was one already, and `onlyIfAbsent` was said
   */
  async put(name: string, object: ObjectToPut, signal: AbortSignal): Promise<'written' | 'present'> {
    const { body, onlyIfAbsent = false } = object;
    const sha256 =
      body instanceof Uint8Array ? createHash('sha256').update(body).digest('hex') : object.sha256;
    const request = {
      method: 'PUT',
      ...this.#about(name, signal),
      body,
      sha256,
      headers: {
        'content-type': 'application/octet-stream',
        ...(sha256 === undefined ? {} : { [sha256Header]: sha256 }),
        ...(onlyIfAbsent ? { 'if-none-match': '*' } : {}),
      },
      expected: onlyIfAbsent ? [200, 201, 412, 501] : [200, 201],
      action: 'writing',
    } as const;
    const status = await this.#transport.run(request, async (response) => {
      await response.discard();
      return response.status;
    });
    if (status === 412) return 'present';
    if (status !== 501) return 'written';
    // A server that knows no conditions: as good as it gets.
    if ((await this.head(name, signal)) !== undefined) return 'present';
    return await this.put(name, { body, sha256 }, signal);
  }

  /** All objects below the place whose names begin with `start`, in the order of their keys. */
  list(start: string, signal: AbortSignal): AsyncGenerator<ListedObject, void, undefined> {
    return listObjects(this.#transport, { place: this.place, start, isFlat: false, signal });
  }

  /** The objects right at the place, none of those that are like files of folders in it; in the order of their keys. */
  listHere(signal: AbortSignal): AsyncGenerator<ListedObject, void, undefined> {
    return listObjects(this.#transport, { place: this.place, start: '', isFlat: true, signal });
  }

  /** Removes an object. That there is none is no failure. */
  async delete(name: string, signal: AbortSignal): Promise<void> {
    const request = {
      method: 'DELETE',
      ...this.#about(name, signal),
      expected: [200, 204, 404],
      action: 'removing',
    } as const;
    await this.#transport.run(request, async (response) => await response.discard());
  }

  /** Uploads of an object in parts, for large ones and for those that go on later. */
  uploads(name: string, signal: AbortSignal): S3Uploads {
    return new S3Uploads(this.#transport, this.#about(name, signal));
  }

  #about(name: string, signal: AbortSignal): UploadPlace {
    const { prefix } = this.place;
    const key = prefix === '' ? name : `${prefix}/${name}`;
    if (!isObjectKey(key))
      throw new PaletteEdgeError('S3_URL_INVALID', `${JSON.stringify(key)} is no key of an object`, {
        kind: 'usage',
      });
    return { key, signal };
  }
}

const errorLimit = 64 * 1024;
