import { expect, test } from 'vitest';

import { listClusterProfiles } from '../../src/palette-api/list-cluster-profiles.ts';
import { startServer } from '../support/loopback-server.ts';
import { startPaletteServer } from '../support/palette-server.ts';
import { paletteClientOf } from '../support/palette-server-client.ts';
import { samplePalette } from '../support/palette-server-data.ts';
import { rejection } from '../support/rejection.ts';

const never = new AbortController().signal;

function uidOf(number: number): string {
  return number.toString(16).padStart(24, '0');
}

function paletteWith(count: number) {
  const profiles = Array.from({ length: count }, (_, index) => {
    const uid = uidOf(index);
    const name = `profile-${String(index).padStart(4, '0')}`;
    const published = { type: 'add-on', cloudType: 'all', packs: [] };
    return [uid, { metadata: { name, uid }, spec: { version: '1.0.0', published } }] as const;
  });
  return samplePalette({ profiles: new Map(profiles) });
}

test.each([0, 1, 50, 51, 120])('all of %d profiles are listed, page by page', async (count) => {
  const server = await startPaletteServer({ data: paletteWith(count) });
  const profiles = await listClusterProfiles(paletteClientOf(server.host).client, never);
  expect(profiles.map(({ uid }) => uid)).toEqual(Array.from({ length: count }, (_, index) => uidOf(index)));
  expect(server.operations).toEqual(
    Array.from({ length: Math.max(1, Math.ceil(count / 50)) }, () => 'v1ClusterProfilesFilterSummary'),
  );
});

test('a server with smaller pages than were asked for', async () => {
  const server = await startPaletteServer({ data: paletteWith(10), pageSize: 3 });
  expect(await listClusterProfiles(paletteClientOf(server.host).client, never)).toHaveLength(10);
  expect(server.requests).toHaveLength(4);
});

test('every version of a profile has its line', async () => {
  const [first, second] = [uidOf(1), uidOf(2)];
  const profile = {
    metadata: { name: 'edge', uid: second },
    spec: {
      version: '2.0.0',
      versions: [
        { uid: first, version: '1.0.0' },
        { uid: second, version: '2.0.0' },
      ],
      published: { type: 'infra', cloudType: 'edge-native', packs: [] },
    },
  };
  const server = await startPaletteServer({
    data: samplePalette({ profiles: new Map([[second, profile]]) }),
  });
  const edge = { name: 'edge', type: 'infra', cloudType: 'edge-native', isPublished: true };
  expect(await listClusterProfiles(paletteClientOf(server.host).client, never)).toEqual([
    { uid: first, version: '1.0.0', ...edge },
    { uid: second, version: '2.0.0', ...edge },
  ]);
});

test('a draft is one', async () => {
  const draft = { type: 'add-on', cloudType: 'all', packs: [] };
  const profile = { metadata: { name: 'a', uid: uidOf(1) }, spec: { version: '1.0.0', draft } };
  const server = await startPaletteServer({
    data: samplePalette({ profiles: new Map([[uidOf(1), profile]]) }),
  });
  expect(await listClusterProfiles(paletteClientOf(server.host).client, never)).toEqual([
    { uid: uidOf(1), name: 'a', version: '1.0.0', type: 'add-on', cloudType: 'all', isPublished: false },
  ]);
});

test('a server that gives the same page again and again is left', async () => {
  const page = { items: [{ metadata: { uid: uidOf(1), name: 'a' } }], listmeta: { continue: 'again' } };
  const server = await startServer((_request, response) => response.end(JSON.stringify(page)));
  expect(await listClusterProfiles(paletteClientOf(server.host).client, never)).toHaveLength(1);
  expect(server.requests).toHaveLength(2);
});

test('a token that stays the same while the offset moves is no end', async () => {
  const server = await startServer((request, response) => {
    const offset = Number(new URL(request.url ?? '', 'http://palette/').searchParams.get('offset') ?? 0);
    const items = [offset, offset + 1].map((number) => ({ metadata: { uid: uidOf(number), name: 'a' } }));
    const listmeta = { continue: offset < 4 ? 'the same' : '', offset: offset + 2 };
    response.end(JSON.stringify({ items, listmeta }));
  });
  expect(await listClusterProfiles(paletteClientOf(server.host).client, never)).toHaveLength(6);
});

test('a list without end is given up', async () => {
  let pages = 0;
  const server = await startServer((_request, response) => {
    pages += 1;
    const listmeta = { continue: `page-${pages}` };
    response.end(JSON.stringify({ items: [{ metadata: { uid: uidOf(pages) } }], listmeta }));
  });
  const error = await rejection(listClusterProfiles(paletteClientOf(server.host).client, never));
  expect(error).toMatchObject({ code: 'PALETTE_ANSWER_INVALID' });
  expect(error.message).toContain('more than 2000 pages');
});

test.each([[{}], [{ items: null }], [{ items: [null, 'x', {}, { metadata: {} }] }], [{ items: 'x' }]])(
  'of %j nothing is listed',
  async (page) => {
    const server = await startServer((_request, response) => response.end(JSON.stringify(page)));
    expect(await listClusterProfiles(paletteClientOf(server.host).client, never)).toEqual([]);
  },
);
