import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import type { Answer } from './answer.ts';

/** How an answer is sent. */
export interface SendOptions {
  /** A HEAD request: the headers only. */
  readonly isHead: boolean;
  readonly signal: AbortSignal;
  /** Told how many more bytes of the body were handed to the connection. */
  readonly onBytes: (count: number) => void;
  /** Told when content fails whose first bytes may be sent already: the client gets a body that is too short. */
  readonly onFailure: ((error: unknown) => void) | undefined;
}

/**
 * Sends an answer, as fast as the client takes it. Ends when everything was handed to the connection, which is cut off when
 * the content fails.
 *
 * @throws whatever opening the content throws; then nothing was sent
 */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  options: SendOptions,
): Promise<void> {
  const body = options.isHead ? undefined : answer.body;
  const content = typeof body === 'function' ? await ownTime(response, body) : undefined;
  response.writeHead(answer.status, answer.headers);
  if (content !== undefined) {
    await sendContent(response, content, options);
    return;
  }
  const text = typeof body === 'string' ? body : '';
  response.end(text);
  options.onBytes(Buffer.byteLength(text));
}

async function sendContent(
  response: ServerResponse,
  content: AsyncIterable<Uint8Array>,
  { signal, onBytes, onFailure }: SendOptions,
): Promise<void> {
  const pieces = content[Symbol.asyncIterator]();
  const told = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* untilEnd(inOwnTime(response, pieces), onBytes);
    } catch (error) {
      if (!signal.aborted) onFailure?.(error);
      throw error;
    }
  };
  try {
    await pipeline(told(), response, { signal });
  } catch {
    // The content's failure has been told, and that the client went away is none.
    response.destroy();
    // A client that is gone by now took nothing, and nobody began to read.
    await pieces.return?.();
  }
}

/**
 * Waits for what the client can do nothing about: a layer may have to be restored first. The limit of the connection is one for clients that are
 * silent, and counts again when the client has to take bytes.
 */
async function ownTime<T>({ socket }: ServerResponse, wait: () => Promise<T>): Promise<T> {
  const limit = socket?.timeout ?? 0;
  socket?.setTimeout(0);
  try {
    return await wait();
  } finally {
    socket?.setTimeout(limit);
  }
}

/** Content whose next piece is waited for in {@link ownTime}. */
async function* inOwnTime(
  response: ServerResponse,
  pieces: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      const next = await ownTime(response, async () => await pieces.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await pieces.return?.();
  }
}

/**
 * Holds each piece back until there is a next one or the end. Content that turns out to be damaged throws instead of
 * ending: its last piece is then never sent, and the client sees a body that is too short, and not a wrong one.
 */
async function* untilEnd(
  content: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array | undefined;
  for await (const bytes of content) {
    if (bytes.length === 0) continue;
    if (held !== undefined) {
      yield held;
      onBytes(held.length);
    }
    held = bytes;
  }
  if (held === undefined) return;
  yield held;
  onBytes(held.length);
}
