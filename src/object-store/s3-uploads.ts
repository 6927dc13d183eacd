import { PaletteEdgeError } from '../errors.ts';
import type { StreamedBody } from '../http/sent-body.ts';
import { readAnswer } from './s3-answer.ts';
import { sha256Header } from './sha256-header.ts';
import type { S3Request, S3Transport } from './s3-transport.ts';
import { childText } from './s3-xml.ts';
import type { XmlElement } from './s3-xml.ts';
import { mostParts } from './upload-parts.ts';

/** The object that is uploaded. */
export interface UploadPlace {
  /** The whole key. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** An upload that is under way, of this object. */
export interface UnderWay {
  readonly uploadId: string;
  /** Milliseconds since 1970; 0 when the server does not tell. */
  readonly begun: number;
}

/** A part that the server has. */
export interface UploadedPart {
  /** From 1 to 10,000. */
  readonly number: number;
  /** As sent, quotes included. */
  readonly etag: string;
  /** In bytes. */
  readonly size: number;
  /** In base64, when the server keeps it. */
  readonly sha256: string | undefined;
}

/** A part to send. All but the last have 5 MiB or more (AmazonS3, multipart upload limits). */
export interface PartToUpload {
  readonly number: number;
  readonly body: StreamedBody | Uint8Array;
  /** In hex. */
  readonly sha256: string;
}

const largestAnswer = 4 * 1024 * 1024;
const mostPages = 1000;
/** No page may have more. */
const mostUploads = 10_000;

/** Uploads of one object in parts (AmazonS3 API). It appears when one is completed. Throws as S3Bucket does. */
export class S3Uploads {
  readonly #transport: S3Transport;
  readonly #place: UploadPlace;

  constructor(transport: S3Transport, place: UploadPlace) {
    this.#transport = transport;
    this.#place = place;
  }

  /**
   * Begins one (CreateMultipartUpload).
   *
   * @param sha256 of the whole object, in hex; kept as metadata
   * @returns its id
   */
  async start(sha256: string): Promise<string> {
    const headers = {
      'content-type': 'application/octet-stream',
      'x-amz-checksum-algorithm': 'SHA256',
      [sha256Header]: sha256,
    };
    const request = this.#request('POST', { uploads: '' }, { headers });
    const root = await this.#ask(request, 'InitiateMultipartUploadResult');
    const uploadId = childText(root, 'UploadId') ?? '';
    if (uploadId === '' || uploadId.length > 4096) throw this.#invalid('no id of an upload');
    return uploadId;
  }

  /** Those of just this object that are under way (ListMultipartUploads), of whoever began them. */
  async list(): Promise<UnderWay[]> {
    const { key, signal } = this.#place;
    const found: UnderWay[] = [];
    let markers: Readonly<Record<string, string>> = {};
    for (let page = 0; page < mostPages && found.length < mostUploads; page += 1) {
      const query = { uploads: '', prefix: key, ...markers };
      const request: S3Request = {
        method: 'GET',
        query,
        expected: [200],
        action: 'listing uploads to',
        signal,
      };
      const root = await this.#ask(request, 'ListMultipartUploadsResult');
      // Keys that go on are below the prefix, too.
      found.push(...root.children.filter((element) => childText(element, 'Key') === key).flatMap(underWay));
      const next = childText(root, 'NextKeyMarker');
      if (childText(root, 'IsTruncated') !== 'true' || next === undefined || next > key) break;
      markers = { 'key-marker': next, 'upload-id-marker': childText(root, 'NextUploadIdMarker') ?? '' };
    }
    return found;
  }

  /** The parts that the server has (ListParts), in order. Throws `S3_UPLOAD_NOT_FOUND` for an upload that has ended. */
  async parts(uploadId: string): Promise<UploadedPart[]> {
    const found: UploadedPart[] = [];
    let marker: Readonly<Record<string, string>> = {};
    for (let page = 0; page < mostPages; page += 1) {
      const request = this.#request('GET', { uploadId, ...marker }, {});
      const root = await this.#ask(request, 'ListPartsResult');
      found.push(...root.children.flatMap(uploadedPart));
      const next = childText(root, 'NextPartNumberMarker');
      if (childText(root, 'IsTruncated') !== 'true' || next === undefined) break;
      marker = { 'part-number-marker': next };
    }
    return found;
  }

  /** Sends a part (UploadPart); in place of one of the same number. The server compares what it got with its sha256. */
  async uploadPart(uploadId: string, { number, body, sha256 }: PartToUpload): Promise<UploadedPart> {
    const base64 = Buffer.from(sha256, 'hex').toString('base64');
    const headers = { 'x-amz-checksum-sha256': base64 };
    const query = { partNumber: String(number), uploadId };
    const request = this.#request('PUT', query, { headers, body, sha256 });
    return await this.#transport.run(request, async (response) => {
      await response.discard();
      const { etag } = response.headers;
      if (etag === undefined) throw this.#invalid('no ETag of a part');
      return { number, etag, size: body.length, sha256: base64 };
    });
  }

  /** Makes the object of its parts (CompleteMultipartUpload), which have to be all of it. */
  async complete(uploadId: string, parts: readonly UploadedPart[]): Promise<void> {
    const body = completion(parts);
    const request = this.#request(
      'POST',
      { uploadId },
      { body, headers: { 'content-type': 'application/xml' } },
    );
    await this.#ask(request, 'CompleteMultipartUploadResult');
  }

  /** Ends an upload and forgets its parts (AbortMultipartUpload). That it has ended already is no failure. */
  async abort(uploadId: string): Promise<void> {
    const request = { ...this.#request('DELETE', { uploadId }, {}), expected: [200, 204, 404] };
    await this.#transport.run(request, async (response) => await response.discard());
  }

  #request(
    method: S3Request['method'],
    query: Readonly<Record<string, string>>,
    more: Pick<S3Request, 'headers' | 'body' | 'sha256'>,
  ): S3Request {
    return { method, query, ...more, ...this.#place, expected: [200], action: 'uploading' };
  }

  async #ask(request: S3Request, name: string): Promise<XmlElement> {
    const transport = this.#transport;
    return await transport.run(
      request,
      async (response) => await readAnswer(transport, request, { response, name, limit: largestAnswer }),
    );
  }

  #invalid(what: string): PaletteEdgeError {
    const subject = this.#transport.subject({ action: 'uploading', ...this.#place });
    const message = `${subject}: ${this.#transport.host} answered with ${what}`;
    return new PaletteEdgeError('S3_ANSWER_INVALID', message, { kind: 'network' });
  }
}

/**
 * Whether an upload has ended: completed, by an earlier try whose answer was lost or by another who sent the same, or given up. What is
 * there tells.
 */
export function isUploadEnded(error: unknown): boolean {
  return error instanceof PaletteEdgeError && error.code === 'S3_UPLOAD_NOT_FOUND';
}

function underWay(element: XmlElement): UnderWay[] {
  const uploadId = childText(element, 'UploadId');
  if (element.name !== 'Upload' || uploadId === undefined) return [];
  const begun = Date.parse(childText(element, 'Initiated') ?? '');
  return [{ uploadId, begun: Number.isNaN(begun) ? 0 : begun }];
}

function uploadedPart(element: XmlElement): UploadedPart[] {
  const number = Number(childText(element, 'PartNumber'));
  const size = Number(childText(element, 'Size'));
  const etag = childText(element, 'ETag');
  const isPart = element.name === 'Part' && etag !== undefined && Number.isInteger(number);
  if (!isPart || number < 1 || number > mostParts || !Number.isSafeInteger(size)) return [];
  return [{ number, etag, size, sha256: childText(element, 'ChecksumSHA256') }];
}

function completion(parts: readonly UploadedPart[]): string {
  const list = parts.map(({ number, etag, sha256 }) => {
    const checksum = sha256 === undefined ? '' : `<ChecksumSHA256>${escaped(sha256)}</ChecksumSHA256>`;
    return `<Part><PartNumber>${number}</PartNumber><ETag>${escaped(etag)}</ETag>${checksum}</Part>`;
  });
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
  return `<CompleteMultipartUpload xmlns="${namespace}">${list.join('')}</CompleteMultipartUpload>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
