import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { answerOf, faultContent } from './fault-content.ts';
import type { FaultContent, WholeAnswer } from './fault-content.ts';
import type { Schedule } from './fault-schedule.ts';

/** One request to the fault registry, for a fault to answer it. */
export interface FaultExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What a good registry would answer. */
  readonly answer: WholeAnswer;
  /** How many faults of this rule there were, this one included. */
  readonly round: number;
  readonly registry: FaultRegistry;
}

/** Answers a request in some bad way. */
export type Fault = (exchange: FaultExchange) => void | Promise<void>;

/** Stands before the content: gives its own answer, or undefined to let the request pass. The storage has none. */
export type Gate = (
  request: GatedRequest,
  registry: Pick<FaultRegistry, 'origin'>,
) => WholeAnswer | undefined;

/** A request before a gate. */
interface GatedRequest extends Pick<IncomingMessage, 'method' | 'url' | 'headers'> {
  /** Empty but for POST. */
  readonly body: string;
}

/** Which requests get which fault. The first rule that fits and is due answers. */
export interface FaultRule {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  /** Fits the path with its query. */
  readonly path: RegExp;
  readonly when: Schedule;
  readonly fault: Fault;
}

/** A request as it arrived, and what it got. */
export interface FaultRecord {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  /** The storage is another origin than the registry. */
  readonly host: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  /** Requests under way, this one included. */
  readonly underWay: number;
  /** As long as the answer is not sent, 0. */
  status: number;
}

export interface FaultRegistryOptions {
  readonly tls?: ServerOptions;
  readonly gate?: Gate;
  /** How many small images it has besides the usual ones. */
  readonly smallImages?: number;
}

/** A registry on loopback whose answers go wrong by rules; without rules it is a good one. */
export class FaultRegistry implements AsyncDisposable {
  readonly content: FaultContent;
  /** Every request, in the order of arrival. */
  readonly records: FaultRecord[] = [];
  readonly #options: FaultRegistryOptions;
  readonly #api: Listener;
  readonly #storage: Listener;
  #rules: readonly CountedRule[] = [];
  #underWay = 0;
  #sentBefore = 0;

  private constructor(options: FaultRegistryOptions) {
    this.#options = options;
    this.content = faultContent(options.smallImages);
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    this.#api = new Listener(() =>
      options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve),
    );
    this.#storage = new Listener(() => createServer(serve));
  }

  /** Starts it on free loopback ports. */
  static async start(options: FaultRegistryOptions = {}): Promise<FaultRegistry> {
    const registry = new FaultRegistry(options);
    await registry.#api.start();
    await registry.#storage.start();
    return registry;
  }

  /** `127.0.0.1:<port>`, as references name it. */
  get host(): string {
    return this.#api.host;
  }

  get origin(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${this.host}`;
  }

  /** Where blobs are, too, for those who were redirected: another origin. */
  get storageOrigin(): string {
    return `http://${this.#storage.host}`;
  }

  /** The images, as a build names them. */
  get references(): string[] {
    return this.content.names.map((name) => `${this.host}/${name}`);
  }

  /** Bytes that all connections were given since the rules are what they are, headers included. */
  get bytesSent(): number {
    return this.#api.bytesSent + this.#storage.bytesSent - this.#sentBefore;
  }

  /** Replaces all rules, and forgets what there was of requests. */
  inject(rules: readonly FaultRule[]): void {
    this.#rules = rules.map((rule) => ({ rule, fitted: 0, faults: 0 }));
    this.records.splice(0);
    this.#sentBefore = this.#api.bytesSent + this.#storage.bytesSent;
  }

  /** Ends every connection and listens no more. */
  async stop(): Promise<void> {
    await this.#api.stop();
  }

  /** Listens again, on the port it had. */
  async restart(): Promise<void> {
    if (!this.#api.isListening) await this.#api.start();
  }

  /** Closes connections that wait for a next request, without a word. */
  closeIdleConnections(): void {
    this.#api.closeIdleConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api.stop();
    await this.#storage.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    this.#underWay += 1;
    const { host = '', range, authorization } = headers;
    const record = { method, url, host, range, authorization, underWay: this.#underWay, status: 0 };
    this.records.push(record);
    response.once('close', () => {
      this.#underWay -= 1;
      if (response.headersSent) record.status = response.statusCode;
    });
    response.once('error', () => undefined);
    const body = method === 'POST' ? await text(request) : '';
    request.resume();
    const gated = { method, url, headers, body };
    const refused = host === this.#storage.host ? undefined : this.#options.gate?.(gated, this);
    const answer = refused ?? answerOf(this.content, { method, path: url.split('?')[0] ?? '', range });
    const { fault, round } = this.#due(method, url);
    await fault({ request, response, answer, round, registry: this });
  }

  #due(method: string, url: string): { fault: Fault; round: number } {
    for (const counted of this.#rules) {
      const { rule } = counted;
      const fits = rule.path.test(url) && (rule.method === undefined || rule.method === method);
      if (fits) counted.fitted += 1;
      if (fits && rule.when(counted.fitted)) {
        counted.faults += 1;
        return { fault: rule.fault, round: counted.faults };
      }
    }
    return { fault: reply, round: 1 };
  }
}

/** Answers as a good registry does. */
export function reply(exchange: FaultExchange): void {
  send(exchange, exchange.answer);
}

/** Sends an answer; to HEAD without its body. */
export function send({ request, response }: FaultExchange, { status, headers, body }: WholeAnswer): void {
  response.writeHead(status, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}

interface CountedRule {
  readonly rule: FaultRule;
  fitted: number;
  faults: number;
}

/** A server that can be stopped and started on one port. */
class Listener {
  host = '';
  readonly #sockets = new Set<Socket>();
  #sentByClosed = 0;
  readonly #create: () => Server;
  #server: Server | undefined;
  #port = 0;

  constructor(create: () => Server) {
    this.#create = create;
  }

  get bytesSent(): number {
    return [...this.#sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, this.#sentByClosed);
  }

  get isListening(): boolean {
    return this.#server !== undefined;
  }

  async start(): Promise<void> {
    const server = this.#create();
    // What hangs on purpose hangs until the client gives up.
    server.requestTimeout = 0;
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('error', () => undefined);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        this.#sentByClosed += socket.bytesWritten;
      });
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
    this.#port = address.port;
    this.host = `127.0.0.1:${address.port}`;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  closeIdleConnections(): void {
    this.#server?.closeIdleConnections();
  }
}
