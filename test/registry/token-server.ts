import type { RequestListener } from 'node:http';

import { mediaTypes } from '../../src/oci/media-types.ts';
import { startServer } from '../support/loopback-server.ts';
import { manifest } from './fetch-tag.ts';

export interface TokenServerOptions {
  readonly answer?: (value: string) => object;
  readonly postStatus?: number;
  readonly refuse?: (response: Parameters<RequestListener>[1], pass: () => void) => void;
}

/** Hands out `token-1`, `token-2`, …. */
export async function tokenServer(options: TokenServerOptions = {}) {
  const { answer = (value: string) => ({ token: value, expires_in: 300 }), postStatus, refuse } = options;
  const bodies: string[] = [];
  let count = 0;
  const server = await startServer((request, response) => {
    const pass = (): void => {
      count += 1;
      response.end(JSON.stringify(answer(`token-${count}`)));
    };
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      if (request.method === 'POST' && postStatus !== undefined) response.writeHead(postStatus).end();
      else if (refuse === undefined) pass();
      else refuse(response, pass);
    });
  });
  return { ...server, bodies, realm: `${server.origin}/token?account=kept` };
}

/** A registry that wants a token of a realm. */
export async function bearerRegistry(
  realm: string,
  isValid = (authorization: string) => authorization !== '',
) {
  return await startServer((request, response) => {
    if (isValid(request.headers.authorization ?? '')) sendManifest(request, response);
    else response.writeHead(401, { 'www-authenticate': bearer(realm) }).end();
  });
}

/** Answers with {@link manifest}. */
export const sendManifest: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(manifest);
};

/** The challenge of a registry whose tokens are at a realm. */
export function bearer(realm: string): string {
  return `Bearer realm="${realm}",service="the registry",scope="repository:org/app:pull"`;
}

/** A header with a password. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** A repository of a registry. */
export function named(registry: string) {
  return { registry, repository: 'org/app' };
}
