import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { onTestFinished } from 'vitest';

import type { Enter } from './lone-network.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Told of bytes on their way through a relay, to the server or from it: they go on when it has returned. */
export type RelayWatch = (side: 'toServer' | 'fromServer', count: number) => Promise<void> | void;

/** A server on loopback, and who is told of what goes there and back. */
export interface RelayedServer {
  readonly port: number;
  readonly watch?: RelayWatch | undefined;
}

/** Runs in the other network: takes connections, and hands them on through sockets in the file system, which all networks share. */
const program = `
const { createServer, connect } = require('node:net');
const ports = process.argv.slice(2);
const listening = ports.map((port) => new Promise((resolve) => createServer({ allowHalfOpen: true }, (near) => {
  const far = connect({ path: process.argv[1] + '/' + port, allowHalfOpen: true });
  for (const socket of [near, far]) socket.on('error', () => { near.destroy(); far.destroy(); });
  near.pipe(far).pipe(near);
}).listen(Number(port), '127.0.0.1', resolve)));
Promise.all(listening).then(() => console.log('up'));
process.stdin.on('end', () => process.exit()).resume();
`;

/**
 * Makes servers on loopback reachable under the same addresses in another network, until the running test ends. Nothing else
 * of this network is.
 */
export async function relayInto(enter: Enter, relayed: readonly RelayedServer[]): Promise<void> {
  const folder = await temporaryFolder();
  const servers = await Promise.all(relayed.map(async (server) => await relayTo(server, folder)));
  const ports = relayed.map(({ port }) => String(port));
  const [file, args] = enter(process.execPath, '-e', program, folder, ...ports);
  const relay = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(relay, 'close');
  onTestFinished(async () => {
    relay.stdin.end();
    await closed;
    for (const server of servers) server.close();
  });
  const [answer]: unknown[] = await Promise.race([once(relay.stdout, 'data'), closed]);
  if (!(answer instanceof Buffer)) throw new Error('the relay does not run');
}

/** This side of it: what comes through the socket of the port goes to the server. */
async function relayTo({ port, watch }: RelayedServer, folder: string): Promise<Server> {
  const watched = (side: 'toServer' | 'fromServer') =>
    async function* watchedBytes(content: AsyncIterable<Buffer>) {
      for await (const bytes of content) {
        await watch?.(side, bytes.length);
        yield bytes;
      }
    };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    // A builder that is killed breaks its connections.
    pipeline(near, watched('toServer'), far).catch(() => near.destroy());
    pipeline(far, watched('fromServer'), near).catch(() => far.destroy());
  });
  server.listen(join(folder, String(port)));
  await once(server, 'listening');
  return server;
}
