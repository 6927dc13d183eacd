import pLimit from 'p-limit';

import { PaletteEdgeError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { HttpResponse } from '../http/http-response.ts';
import { RetryBudget, withRetry } from '../http/retry-budget.ts';
import type { Retry, RetryBudgetOptions } from '../http/retry-budget.ts';
import { isRecord } from '../io/is-record.ts';
import { endpointAdvice, paletteError } from './palette-error.ts';
import type { PaletteEndpoint } from './palette-endpoint.ts';

/** One call of the API. Only such that change nothing: a call that failed is sent again. */
export interface PaletteCall {
  readonly method: 'GET' | 'POST';
  /** The parts of the path, not encoded: `v1`, `clusterprofiles`, a uid. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What is asked for, for messages: `cluster profile 65c1…`. */
  readonly subject: string;
  /** The largest answer in bytes; 16 MiB when undefined. */
  readonly limitBytes?: number;
  /** Whether the answer is a compressed file. Some servers call that the encoding of the answer: it is taken as sent. */
  readonly isArchive?: boolean;
}

/** A call that is going to be sent again. */
export interface PaletteRetry extends Retry {
  readonly host: string;
  readonly subject: string;
}

/** How a Palette is reached. */
export interface PaletteClientOptions {
  readonly http: HttpClient;
  readonly endpoint: PaletteEndpoint;
  /** A secret; fit for a header. */
  readonly apiKey: string;
  /** The project whose objects are asked for; undefined for those of the tenant. */
  readonly projectUid: string | undefined;
  readonly retry?: Pick<RetryBudgetOptions, 'policy' | 'sleep'>;
  readonly onRetry?: (retry: PaletteRetry) => void;
}

/** Calls at a time: Palette's limit is 10 requests a second for each address. */
export const callsAtOnce = 6;

const maximumAnswer = 16 * 1024 * 1024;
const maximumErrorBody = 64 * 1024;

/** The API of one Palette, for one project. The API key goes to no other host, and into no message. */
export class PaletteClient {
  readonly #options: PaletteClientOptions;
  readonly #limit = pLimit(callsAtOnce);
  #hasAnswered = false;

  constructor(options: PaletteClientOptions) {
    this.#options = options;
  }

  /** `host` or `host:port` of the API. */
  get host(): string {
    return this.#options.endpoint.host;
  }

  get projectUid(): string | undefined {
    return this.#options.projectUid;
  }

  /**
   * The object that a call answers with.
   *
   * @throws PaletteEdgeError as {@link bytes} does; `PALETTE_ANSWER_INVALID` (kind network) for what is no JSON object
   */
  async object(call: PaletteCall, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const bytes = await this.bytes(call, signal);
    let document: unknown;
    try {
      document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      // Without the cause: it quotes what was sent.
      const isPage = bytes.subarray(0, 200).toString().trimStart().startsWith('<');
      throw this.answerInvalid(call.subject, isPage ? 'it is a web page' : 'it is no JSON');
    }
    if (!isRecord(document)) throw this.answerInvalid(call.subject, 'it is no JSON object');
    return document;
  }

  /**
   * The bytes that a call answers with. Tried again as the retry policy says.
   *
   * @throws PaletteEdgeError `PALETTE_KEY_REFUSED`, `PALETTE_FORBIDDEN` (kind authentication), `PALETTE_NOT_FOUND` (kind
   *   notFound), `PALETTE_REFUSED` (kind usage), `RESPONSE_TOO_LARGE` (kind content), and those of kind network
   */
  async bytes(call: PaletteCall, signal: AbortSignal): Promise<Buffer> {
    const { retry, onRetry } = this.#options;
    const budget = new RetryBudget({
      ...retry,
      hasAnswered: () => this.#hasAnswered,
      onRetry: (event) => onRetry?.({ ...event, host: this.host, subject: call.subject }),
      signal,
    });
    return await this.#limit(async () => await withRetry(async () => await this.#send(call, signal), budget));
  }

  /** The error for an answer that is not as the description of the API says. */
  answerInvalid(subject: string, reason: string): PaletteEdgeError {
    const message = `${subject}: the answer of ${this.host} is not as expected: ${reason}`;
    return new PaletteEdgeError('PALETTE_ANSWER_INVALID', message, {
      kind: 'network',
      suggestions: [endpointAdvice(this)],
    });
  }

  async #send(call: PaletteCall, signal: AbortSignal): Promise<Buffer> {
    const { http } = this.#options;
    const url = this.#urlOf(call);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = { ...this.#headers(), ...(body === undefined ? {} : jsonContent) };
    const response = await http.request({ method: call.method, url, headers, body, signal });
    this.#hasAnswered = true;
    if (response.hasLeftOrigin) throw await this.#ledAway(call, response);
    if (response.status === 200) {
      const limit = call.limitBytes ?? maximumAnswer;
      const isAsSent = call.isArchive === true;
      return Buffer.from(await (isAsSent ? response.readBytes(limit) : response.readDecoded(limit)));
    }
    const text = await response.readText(maximumErrorBody).catch(() => '');
    signal.throwIfAborted();
    throw paletteError({
      subject: call.subject,
      host: this.host,
      status: response.status,
      retryAfter: response.headers['retry-after'],
      text,
      projectUid: this.projectUid,
      apiKey: this.#options.apiKey,
    });
  }

  async #ledAway({ subject }: PaletteCall, response: HttpResponse): Promise<PaletteEdgeError> {
    await response.discard();
    // Whoever answers there was not given the key: it may be a login page, or Palette under another name.
    const message = `${subject}: ${this.host} redirects to ${response.url.host}`;
    return new PaletteEdgeError('PALETTE_REDIRECTED', message, {
      kind: 'network',
      suggestions: [`If that is the API of Palette: --palette-endpoint ${response.url.host}`],
    });
  }

  #headers(): Readonly<Record<string, string>> {
    const { apiKey, projectUid } = this.#options;
    const headers = { accept: 'application/json, application/octet-stream', apikey: apiKey };
    return projectUid === undefined ? headers : { ...headers, projectuid: projectUid };
  }

  #urlOf({ path, query }: PaletteCall): URL {
    const { http, endpoint } = this.#options;
    const { scheme, host } = endpoint;
    const url = scheme === undefined ? http.baseUrl(host) : new URL(`${scheme}://${host}/`);
    url.pathname = path.map(pathPart).join('/');
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    return url;
  }
}

const jsonContent = { 'content-type': 'application/json' };

/** Names of packs and services come from servers: none may climb. */
function pathPart(text: string): string {
  if (text === '' || text === '.' || text === '..') throw new TypeError('not a part of a path');
  return encodeURIComponent(text);
}
