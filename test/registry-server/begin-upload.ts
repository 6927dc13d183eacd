import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import type { RunningRegistry } from '../support/running-registry.ts';

/** Where uploads begin. */
export const uploads = '/v2/org/app/blobs/uploads/';

/** What is uploaded. */
export const text = 'the quick brown fox';

/** The digest of {@link text}. */
export const digest = digestOf(text);

/** Begins an upload, and gives its location. */
export async function beginUpload(registry: RunningRegistry): Promise<string> {
  const response = await registry.send(uploads, { method: 'POST' });
  expect(response.status).toBe(202);
  expect(response.headers.get('range')).toBe('0-0');
  return response.headers.get('location') ?? '';
}

/** Sends these bytes of the text, both inclusive. */
export async function patch(
  registry: RunningRegistry,
  location: string,
  [first, last]: readonly [number, number],
): Promise<Response> {
  return await registry.send(location, {
    method: 'PATCH',
    body: text.slice(first, last + 1),
    headers: { 'content-range': `${first}-${last}` },
  });
}

/** Ends an upload with the digest of the text. */
export async function put(
  registry: RunningRegistry,
  location: string,
  init: RequestInit = {},
): Promise<Response> {
  return await registry.send(`${location}?digest=${digest}`, { ...init, method: 'PUT' });
}

/** The text must be there now, under its digest. */
export async function expectCreated(registry: RunningRegistry, response: Response): Promise<void> {
  expect(response.status).toBe(201);
  expect(response.headers.get('docker-content-digest')).toBe(digest);
  const location = response.headers.get('location') ?? '';
  expect(location).toBe(`/v2/org/app/blobs/${digest}`);
  expect(await (await registry.send(location)).text()).toBe(text);
}

/** Names of the files of uploads that are open. */
export async function stagedFiles({ folder }: RunningRegistry): Promise<string[]> {
  return await readdir(join(folder, 'registry/uploads'));
}
