import { readdir, readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';

import { startServer } from './loopback-server.ts';
import type { LoopbackServer } from './loopback-server.ts';

/** How a chart repository answers. */
export interface ChartRepositoryOptions {
  /** Basic authentication with this one user. */
  readonly login?: { readonly username: string; readonly password: string };
}

/** Serves files by their paths, `/charts/index.yaml`, over plain HTTP, as any chart repository does; ends with the running test. */
export async function startChartRepository(
  files: ReadonlyMap<string, string | Uint8Array>,
  { login }: ChartRepositoryOptions = {},
): Promise<LoopbackServer> {
  const expected =
    login === undefined
      ? undefined
      : `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const listener: RequestListener = (request, response) => {
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="charts"' }).end('login');
      return;
    }
    const { pathname } = new URL(request.url ?? '/', 'http://charts/');
    const content = files.get(decodeURIComponent(pathname));
    if (content === undefined) response.writeHead(404).end('not found');
    else response.writeHead(200).end(content);
  };
  return await startServer(listener);
}

/** The files of a folder by the path that they are served at. */
export async function filesOf(folder: string, prefix: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile()) files.set(`${prefix}${entry.name}`, await readFile(join(folder, entry.name)));
  }
  return files;
}
