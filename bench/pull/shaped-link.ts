/**
 * A link with a round trip and a rate, in front of a port of loopback; a process of its own, so that it disturbs nobody's clock.
 *
 *   node shaped-link.ts PORT ROUND_TRIP_MS MBIT_PER_SECOND      started with an IPC channel: sends {port}, answers any message with {bytes}
 *
 * Each direction is one queue for all connections: bytes leave at the rate, in turns of at most 16 KiB for each connection, and arrive half
 * a round trip later. A new connection waits one round trip more, as the handshake of TCP does. What does not fit a queue is left with the
 * sender. Slow start and losses are not modelled.
 */
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';

const [, , upstreamPort = '', roundTrip = '20', rate = '100'] = process.argv;
const oneWay = Number(roundTrip) / 2;
const bytesPerMillisecond = (Number(rate) * 1e6) / 8 / 1000;
const turnBytes = 16 * 1024;
const queueBytes = 256 * 1024;
// What a late timer may make up for: a busy machine must not make the link slower.
const burstBytes = bytesPerMillisecond * 20;

/** One connection in one direction. */
interface Lane {
  readonly from: Socket;
  readonly to: Socket;
  readonly chunks: Buffer[];
  bytes: number;
  ended: boolean;
  blocked: boolean;
}

interface Arrival {
  readonly due: number;
  readonly lane: Lane;
  /** Empty: the end. */
  readonly chunk: Buffer;
}

class Direction {
  bytes = 0;
  readonly #waiting: Lane[] = [];
  readonly #arrivals: Arrival[] = [];
  #allowance = 0;
  #counted = performance.now();
  #timed = false;

  add(from: Socket, to: Socket): void {
    const lane: Lane = { from, to, chunks: [], bytes: 0, ended: false, blocked: false };
    from.on('data', (chunk: Buffer) => {
      lane.chunks.push(chunk);
      lane.bytes += chunk.length;
      if (lane.bytes > queueBytes) from.pause();
      this.#enqueue(lane);
    });
    from.on('end', () => {
      lane.ended = true;
      this.#enqueue(lane);
    });
    to.on('drain', () => {
      lane.blocked = false;
      this.#enqueue(lane);
    });
  }

  #enqueue(lane: Lane): void {
    if (!this.#waiting.includes(lane)) this.#waiting.push(lane);
    this.#run();
  }

  #run(): void {
    const now = performance.now();
    this.#allowance = Math.min(burstBytes, this.#allowance + (now - this.#counted) * bytesPerMillisecond);
    this.#counted = now;
    while (this.#allowance > 0 && this.#waiting.length > 0) this.#takeTurn(now);
    while ((this.#arrivals[0]?.due ?? Infinity) <= now) arrive(this.#arrivals.shift());
    if (this.#timed || (this.#waiting.length === 0 && this.#arrivals.length === 0)) return;
    this.#timed = true;
    setTimeout(() => {
      this.#timed = false;
      this.#run();
    }, 1);
  }

  #takeTurn(now: number): void {
    const lane = this.#waiting.shift();
    if (lane === undefined || lane.blocked) return;
    const first = lane.chunks.shift();
    if (first !== undefined) {
      const chunk = first.subarray(0, turnBytes);
      if (first.length > turnBytes) lane.chunks.unshift(first.subarray(turnBytes));
      lane.bytes -= chunk.length;
      if (lane.bytes < queueBytes / 2) lane.from.resume();
      this.#allowance -= chunk.length;
      this.bytes += chunk.length;
      this.#arrivals.push({ due: now + oneWay, lane, chunk });
    }
    if (lane.chunks.length > 0) this.#waiting.push(lane);
    else if (lane.ended) this.#arrivals.push({ due: now + oneWay, lane, chunk: Buffer.alloc(0) });
  }
}

function arrive(arrival: Arrival | undefined): void {
  if (arrival === undefined || arrival.lane.to.destroyed) return;
  const { lane, chunk } = arrival;
  if (chunk.length === 0) lane.to.end();
  else if (!lane.to.write(chunk)) lane.blocked = true;
}

const up = new Direction();
const down = new Direction();

const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) => {
  const registry = createConnection({
    host: '127.0.0.1',
    port: Number(upstreamPort),
    allowHalfOpen: true,
    noDelay: true,
  });
  client.pause();
  up.add(client, registry);
  down.add(registry, client);
  setTimeout(() => client.resume(), Number(roundTrip));
  const close = (): void => {
    client.destroy();
    registry.destroy();
  };
  for (const socket of [client, registry]) socket.on('error', close);
  // A peer that is gone wants nothing more; one that only ended its half still listens.
  client.on('close', close);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.({ port: address?.port });
});
process.on('message', () => process.send?.({ bytes: up.bytes + down.bytes }));
process.on('disconnect', () => process.exit());
