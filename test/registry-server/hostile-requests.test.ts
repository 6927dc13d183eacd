import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { digestOf } from '../../src/oci/digest.ts';
import { mediaTypes } from '../../src/oci/media-types.ts';
import { onePiece } from '../../src/oci/one-piece.ts';
import { runningRegistry } from '../support/running-registry.ts';

const known = digestOf('text');
const manifest = '{"schemaVersion":2,"manifests":[]}';

test('nothing a client sends makes the registry fail, hang, or touch what is not its own', async () => {
  const registry = await runningRegistry({ limits: { connectionIdleMs: 20, maximumUploads: 5 } });
  await registry.content.blobs.ingest({ digest: known, size: 4 }, onePiece(Buffer.from('text')));
  const upload = await beginUpload(registry.port);
  const canary = join(registry.folder, 'canary');
  await writeFile(canary, 'untouched');
  await fc.assert(
    fc.asyncProperty(hostileRequest(upload), async (bytes) => {
      // Some of them delete it.
      await registry.content.repositories.addBlob('org/app', known);
      expect(await exchange(registry.port, bytes)).not.toMatch(/^HTTP\/1\.1 5/m);
    }),
    { seed: 1, numRuns: 3000 },
  );
  await registry.close();
  expect(registry.failures).toEqual([]);
  const statuses = new Set(registry.records.map(({ status }) => status));
  // Not all of them were so odd that nothing came of them. These come by the hundred: a busy machine cuts off some of any kind.
  const expected = [200, 400, 404, 405];
  expect(expected.filter((status) => !statuses.has(status))).toEqual([]);
  expect([...statuses].filter((status) => status >= 500)).toEqual([]);
  await expectOnlyBlobs(registry.folder);
  expect(await readFile(canary, 'utf8')).toBe('untouched');
});

/** Where an upload is. On a busy machine even this request may be cut off: it is silent for longer than allowed. */
async function beginUpload(port: number): Promise<string> {
  for (;;) {
    const answer = await exchange(port, 'POST /v2/org/app/blobs/uploads/ HTTP/1.0\r\n\r\n');
    const location = /^location: (\S+)/im.exec(answer)?.[1];
    if (location !== undefined) return location;
  }
}

/** The bytes of a request in which anything may be wrong, and much is right. */
function hostileRequest(upload: string): fc.Arbitrary<string> {
  const headers = fc.array(fc.oneof(rightHeader, fc.tuple(headerName, headerValue)), { maxLength: 3 });
  const parts = fc.record({ method, path: hostilePath(upload), query, headers, body });
  return parts.map((request) => {
    const named = request.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const isSized = /content-length|transfer-encoding/i.test(named);
    const length = isSized ? '' : `Content-Length: ${Buffer.byteLength(request.body)}\r\n`;
    const line = `${request.method} ${request.path}${request.query} HTTP/1.1`;
    return `${line}\r\nHost: x\r\nConnection: close\r\n${named}${length}\r\n${request.body}`;
  });
}

const oddText = fc.oneof(
  fc.constantFrom('', '..', '.', '%2e%2e', '%2F', '%00', '%', '%zz', '\\', '~', '*', '//', '?', '#', ':'),
  fc.constantFrom('__proto__', 'constructor', 'a'.repeat(300), '../../../etc/passwd', '%2e%2e%2fetc'),
  fc.string({ maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
);

function hostilePath(upload: string): fc.Arbitrary<string> {
  const part = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('v2', 'org/app', 'manifests', 'blobs', 'uploads', 'tags') },
    { weight: 2, arbitrary: fc.constantFrom('list', 'referrers', '_catalog', 'latest', known) },
    { weight: 2, arbitrary: oddText },
  );
  const names = [
    'manifests/latest',
    `manifests/${digestOf(manifest)}`,
    `blobs/${known}`,
    `referrers/${known}`,
  ];
  const right = fc.oneof(
    fc.constantFrom(...names, 'tags/list', 'blobs/uploads/').map((name) => `/v2/org/app/${name}`),
    fc.constantFrom('/v2/', '/v2/_catalog', upload),
  );
  const kind = fc.constantFrom('manifests', 'blobs', 'blobs/uploads', 'referrers', 'tags');
  return fc.oneof(
    { weight: 3, arbitrary: right },
    { weight: 1, arbitrary: fc.tuple(kind, part).map(([name, last]) => `/v2/org/app/${name}/${last}`) },
    { weight: 1, arbitrary: fc.array(part, { maxLength: 7 }).map((parts) => `/${parts.join('/')}`) },
  );
}

const query = fc
  .array(
    fc.tuple(
      fc.constantFrom('n', 'last', 'digest', 'mount', 'from', 'artifactType', 'x'),
      fc.oneof(oddText, fc.constantFrom(known, digestOf(''), 'org/app', '0', '-1', '1e9')),
    ),
    { maxLength: 2 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map((pair) => pair.join('=')).join('&')}`));

const rightHeader = fc.constantFrom<[string, string]>(
  ['Range', 'bytes=1-2'],
  ['Range', 'bytes=-3'],
  ['Range', 'bytes=9-'],
  ['If-None-Match', `"${known}"`],
  ['Content-Range', '0-3'],
  ['Content-Range', '9-12'],
  ['Content-Type', mediaTypes.ociIndex],
);

const headerName = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('Range', 'If-Range', 'If-None-Match', 'Content-Range', 'Accept') },
  { weight: 3, arbitrary: fc.constantFrom('Content-Type', 'Expect', 'Authorization', 'Upgrade', 'X-Odd') },
  // Rare: most of these make the registry wait for a body that does not come.
  { weight: 1, arbitrary: fc.constantFrom('Content-Length', 'Transfer-Encoding') },
);

const headerValue = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom('bytes=0-1', 'bytes=-', 'bytes=5-', 'bytes=0-1,2-3', 'bytes=-99999999999999999999'),
  fc.constantFrom('0-3', '9-99999999999', 'chunked', '100-continue', 'websocket', '4', '99999999'),
  fc.constantFrom(mediaTypes.ociManifest, mediaTypes.ociIndex, `"${known}"`, '*', 'x'.repeat(20_000)),
);

const method = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('GET', 'HEAD') },
  { weight: 5, arbitrary: fc.constantFrom('PUT', 'POST', 'PATCH', 'DELETE') },
  { weight: 1, arbitrary: fc.constantFrom('OPTIONS', 'TRACE', 'CONNECT', 'G@T') },
);

const body = fc.oneof(fc.constantFrom('', 'text', '{}', manifest, '[[[['), fc.string({ maxLength: 50 }));

/** Whatever is in the folder is a blob under its own digest. */
async function expectOnlyBlobs(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory() && entry.name !== 'canary');
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    expect(file.parentPath).toBe(join(folder, 'registry/blobs/sha256'));
    expect(digestOf(await readFile(join(file.parentPath, file.name)))).toBe(`sha256:${file.name}`);
  }
}

/** Sends bytes as they are and gives all that comes back until the server ends the connection. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(Buffer.from(bytes, 'latin1'));
  let answer = '';
  try {
    for await (const piece of socket) answer += String(piece);
  } catch (error) {
    // Bytes behind a refused request are answered with a reset.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ECONNRESET') throw error;
  }
  return answer;
}
