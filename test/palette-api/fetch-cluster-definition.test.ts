import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import {
  fetchClusterDefinition,
  isClusterDefinitionName,
} from '../../src/palette-api/fetch-cluster-definition.ts';
import { startPaletteServer } from '../support/palette-server.ts';
import { paletteClientOf } from '../support/palette-server-client.ts';
import { addonUid, infraUid, samplePalette } from '../support/palette-server-data.ts';
import { rejection } from '../support/rejection.ts';

const never = new AbortController().signal;
const request = { name: 'store-17', profileUids: [infraUid, addonUid] };

test('the archive comes as it is', async () => {
  const data = samplePalette();
  const server = await startPaletteServer({ data });
  const bytes = await fetchClusterDefinition(paletteClientOf(server.host).client, request, never);
  expect(bytes.equals(data.definition)).toBe(true);
  expect(server.operations).toEqual(['v1SpectroClustersSpcDownload']);
});

test('that it is gzip is no encoding of the answer, whatever the server says', async () => {
  const { definition } = samplePalette();
  const server = await startPaletteServer({
    fault: (_operation, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(definition);
      return true;
    },
  });
  const bytes = await fetchClusterDefinition(paletteClientOf(server.host).client, request, never);
  expect(bytes.equals(definition)).toBe(true);
});

test('a profile that is not there is told by Palette', async () => {
  const server = await startPaletteServer();
  const unknown = { ...request, profileUids: ['aaaaaaaaaaaaaaaaaaaaaaaa'] };
  const error = await rejection(fetchClusterDefinition(paletteClientOf(server.host).client, unknown, never));
  expect(error).toMatchObject({ code: 'PALETTE_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toContain('cluster definition store-17');
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['a page', Buffer.from('<html>no archive</html>')],
  ['the beginning of an archive', gzipSync('x').subarray(0, 10)],
  ['a zip', Buffer.from('PK\u0003\u0004 and so on and on')],
])('%s is no archive', async (_what, definition) => {
  const server = await startPaletteServer({ data: samplePalette({ definition }) });
  const error = await rejection(fetchClusterDefinition(paletteClientOf(server.host).client, request, never));
  expect(error).toMatchObject({ code: 'CLUSTER_DEFINITION_INVALID', kind: 'content' });
  expect(error.message).toContain(`${definition.length} bytes`);
});

test('one that does not fit into a bundle is given up', async () => {
  const definition = Buffer.alloc(32 * 1024 * 1024 + 1);
  definition.set([0x1f, 0x8b, 8]);
  const server = await startPaletteServer({ data: samplePalette({ definition }) });
  expect(
    await rejection(fetchClusterDefinition(paletteClientOf(server.host).client, request, never)),
  ).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test.each(['a', 'store-17', 'Store_1.2', 'a'.repeat(60)])('%s names a definition', (name) => {
  expect(isClusterDefinitionName(name)).toBe(true);
});

test.each(['', '.', '..', '.a', '-a', 'a/b', 'a b', 'ä', 'a\n', 'a'.repeat(61)])('%j does not', (name) => {
  expect(isClusterDefinitionName(name)).toBe(false);
});
