import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { onTestFinished } from 'vitest';

import type { Enter } from './lone-network.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Told of bytes on their way through a relay, to the server or from it: they go on when it has returned. */
export type RelayWatch = (side: 'toServer' | 'fromServer', count: number) => Promise<void> | void;

/** Runs in the other network: takes connections, and hands them on through a socket in the file system, which all networks share. */
const program = `
const { createServer, connect } = require('node:net');
const [port, path] = process.argv.slice(1);
createServer({ allowHalfOpen: true }, (near) => {
  const far = connect({ path, allowHalfOpen: true });
  for (const socket of [near, far]) socket.on('error', () => { near.destroy(); far.destroy(); });
  near.pipe(far).pipe(near);
}).listen(Number(port), '127.0.0.1', () => console.log('up'));
process.stdin.on('end', () => process.exit()).resume();
`;

/**
 * Makes a server on loopback reachable under the same address in another network, until the running test ends. Nothing else
 * of this network is.
 */
export async function relayInto(enter: Enter, port: number, watch?: RelayWatch): Promise<void> {
  const path = join(await temporaryFolder(), 'relay');
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const watched = (side: 'toServer' | 'fromServer') =>
      async function* watchedBytes(content: AsyncIterable<Buffer>) {
        for await (const bytes of content) {
          await watch?.(side, bytes.length);
          yield bytes;
        }
      };
    // A builder that is killed breaks its connections.
    pipeline(near, watched('toServer'), far).catch(() => near.destroy());
    pipeline(far, watched('fromServer'), near).catch(() => far.destroy());
  });
  server.listen(path);
  await once(server, 'listening');
  const [file, args] = enter(process.execPath, '-e', program, String(port), path);
  const relay = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(relay, 'close');
  onTestFinished(async () => {
    relay.stdin.end();
    await closed;
    server.close();
  });
  const [answer]: unknown[] = await Promise.race([once(relay.stdout, 'data'), closed]);
  if (!(answer instanceof Buffer)) throw new Error('the relay does not run');
}
