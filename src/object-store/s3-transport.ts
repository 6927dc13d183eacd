import { createHash } from 'node:crypto';

import { AwsV4Signer } from 'aws4fetch';

import type { HttpClient, HttpRequest } from '../http/http-client.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { RetryBudget, withRetry } from '../http/retry-budget.ts';
import type { Retry, RetryBudgetOptions } from '../http/retry-budget.ts';
import { s3Error } from './s3-error.ts';
import { formatS3Url } from './s3-place.ts';
import type { S3Place } from './s3-place.ts';
import type { S3Settings } from './s3-settings.ts';

/** A request about a bucket, or an object of it. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** The whole key; undefined for the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpRequest['body'];
  /** Of a streamed body, in hex: the server compares it. Without it such a body is not signed. */
  readonly sha256?: string;
  /** Statuses that are answers; any other one is thrown as an error. */
  readonly expected: readonly number[];
  /** What is done, for messages, without the object: `reading`. */
  readonly action: string;
  readonly signal: AbortSignal;
}

/** A request that is going to be sent again. */
interface S3Retry extends Retry {
  readonly host: string;
  readonly subject: string;
}

/** The parts that a bucket is asked with. */
export interface S3TransportOptions {
  readonly http: HttpClient;
  readonly settings: S3Settings;
  /** Told of every retry before the wait. */
  readonly onRetry?: ((retry: S3Retry) => void) | undefined;
  /** Replaces policy and waiting, for tests. */
  readonly retry?: Pick<RetryBudgetOptions, 'policy' | 'sleep'> | undefined;
}

const maximumErrorBody = 64 * 1024;
/** Putting large objects together takes S3 minutes. */
const writingTimeoutMs = 300_000;

/** Signed requests to one bucket (Signature Version 4; AmazonS3 API, Authenticating Requests). */
export class S3Transport {
  readonly #place: S3Place;
  readonly #options: S3TransportOptions;
  readonly #base: URL;
  /** Of keys for signing, which hold for a day. */
  readonly #cache = new Map<string, ArrayBuffer>();
  #hasAnswered = false;

  constructor(place: S3Place, options: S3TransportOptions) {
    this.#place = place;
    this.#options = options;
    this.#base = bucketUrl(place.bucket, options.settings);
  }

  /** Who is asked: `host` or `host:port`. */
  get host(): string {
    return this.#base.host;
  }

  /**
   * Sends a request, and reads the answer. Both are tried again as the retry policy says.
   *
   * @throws PaletteEdgeError as {@link s3Error} words it for statuses that were not expected; kind network; what `read` throws
   */
  async run<T>(request: S3Request, read: (response: HttpResponse) => Promise<T>): Promise<T> {
    const budget = this.budget(request);
    return await withRetry(async () => await read(await this.send(request)), budget);
  }

  /** A fresh retry budget for one operation. */
  budget(request: Pick<S3Request, 'action' | 'key' | 'signal'>): RetryBudget {
    const { retry, onRetry } = this.#options;
    const subject = this.subject(request);
    return new RetryBudget({
      ...retry,
      hasAnswered: () => this.#hasAnswered,
      onRetry: (event) => onRetry?.({ ...event, host: this.host, subject }),
      signal: request.signal,
    });
  }

  /** Sends a request once; throws as {@link run} does. */
  async send(request: S3Request): Promise<HttpResponse> {
    const { method, body, signal } = request;
    const { url, headers } = await this.#sign(request);
    const isWriting = method === 'PUT' || method === 'POST';
    const response = await this.#options.http.request({
      method,
      url,
      headers,
      body,
      ...(isWriting ? { answerTimeoutMs: writingTimeoutMs } : {}),
      signal,
    });
    this.#hasAnswered = true;
    if (!response.hasLeftOrigin && request.expected.includes(response.status)) return response;
    const text = await response.readText(maximumErrorBody).catch(() => '');
    signal.throwIfAborted();
    throw this.refusal(request, { response, text });
  }

  /** The error for an answer, which may say 200 and be one (AmazonS3 API, CompleteMultipartUpload). */
  refusal(
    request: Pick<S3Request, 'action' | 'key'>,
    { response, text }: { readonly response: HttpResponse; readonly text: string },
  ): ReturnType<typeof s3Error> {
    const { settings } = this.#options;
    return s3Error({
      subject: this.subject(request),
      bucket: this.#place.bucket,
      host: response.url.host,
      // S3 leads elsewhere for one reason; where that was followed, it was without a signature.
      status: response.hasLeftOrigin ? 307 : response.status,
      headers: response.headers,
      text: response.hasLeftOrigin ? '' : text,
      credentials: settings.credentials,
      region: settings.region,
    });
  }

  /** What is done with which object, for messages: `reading s3://bucket/key`. */
  subject({ action, key = '' }: Pick<S3Request, 'action' | 'key'>): string {
    return `${action} ${formatS3Url({ bucket: this.#place.bucket, prefix: '' }, key)}`;
  }

  async #sign(request: S3Request): Promise<{ readonly url: URL; readonly headers: Record<string, string> }> {
    const { method, key = '', query = {} } = request;
    const { credentials, region } = this.#options.settings;
    const url = new URL(this.#base);
    url.pathname = [url.pathname.replace(/\/$/, ''), ...key.split('/').map(encoded)].join('/');
    url.search = Object.entries(query)
      .map((pair) => pair.map(encoded).join('='))
      .join('&');
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...request.headers, 'x-amz-content-sha256': contentHash(request) },
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
      service: 's3',
      region,
      cache: this.#cache,
    });
    const { headers } = await signer.sign();
    return { url, headers: Object.fromEntries(headers) };
  }
}

function contentHash({ body, sha256 }: S3Request): string {
  if (body === undefined) return createHash('sha256').digest('hex');
  if (typeof body === 'string' || body instanceof Uint8Array)
    return createHash('sha256').update(body).digest('hex');
  return sha256 ?? 'UNSIGNED-PAYLOAD';
}

/** Amazon wants the bucket in the host name (AmazonS3, Virtual hosting of buckets), where certificates hold for one label only. */
function bucketUrl(bucket: string, { endpoint, region }: S3Settings): URL {
  if (endpoint !== undefined) return below(endpoint, bucket);
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const isLabel = /^[a-z0-9-]{3,63}$/.test(bucket);
  if (isLabel) return new URL(`https://${bucket}.s3.${region}.${domain}/`);
  return below(new URL(`https://s3.${region}.${domain}/`), bucket);
}

function below(endpoint: URL, bucket: string): URL {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${encoded(bucket)}/`;
  return url;
}

/** RFC 3986 unreserved characters as they are, anything else percent-encoded (Signature Version 4, UriEncode). */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}`,
  );
}
