import type { RequestListener, ServerResponse } from 'node:http';

import type { HttpClient } from '../../src/http/http-client.ts';
import { S3Bucket } from '../../src/object-store/s3-bucket.ts';
import type { S3Settings } from '../../src/object-store/s3-settings.ts';
import { startServer } from '../support/loopback-server.ts';
import { testHttpClient } from '../support/test-http-client.ts';

/** Keys that must not get out. */
export const secrets = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session-token-0123',
};

/** A client that speaks plain HTTP to these hosts. */
export function httpFor(...hosts: readonly string[]): HttpClient {
  return testHttpClient({ plainHttpHosts: new Set(hosts) });
}

/** A server that answers as it is told, and a bucket in it. */
export async function bucketAt(listener: RequestListener, more: readonly string[] = []) {
  const server = await startServer(listener);
  const settings: S3Settings = {
    credentials: secrets,
    region: 'eu-west-1',
    endpoint: new URL(server.origin),
  };
  const retries: string[] = [];
  const bucket = new S3Bucket(
    { bucket: 'bundles', prefix: 'edge' },
    {
      http: httpFor(server.host, ...more),
      settings,
      onRetry: ({ subject }) => retries.push(subject),
      retry: { sleep: async () => await Promise.resolve() },
    },
  );
  return { bucket, server, retries };
}

/** All of a content, as text. */
export async function collected(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of content) pieces.push(bytes);
  return Buffer.concat(pieces).toString();
}

/** What S3 says when it refuses. */
export function errorDocument(code: string, more = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>told so</Message>${more}</Error>`;
}

export interface Answer {
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends a response with this status. */
export function answer(
  response: ServerResponse,
  status: number,
  { text = '', headers = {} }: Answer = {},
): void {
  response.writeHead(status, headers).end(text);
}
