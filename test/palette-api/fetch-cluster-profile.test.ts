import { describe, expect, test } from 'vitest';

import { fetchClusterProfile } from '../../src/palette-api/fetch-cluster-profile.ts';
import { startServer } from '../support/loopback-server.ts';
import { startPaletteServer } from '../support/palette-server.ts';
import { paletteClientOf } from '../support/palette-server-client.ts';
import { addonUid, infraUid, samplePalette } from '../support/palette-server-data.ts';
import { rejection } from '../support/rejection.ts';

const never = new AbortController().signal;
const manifestUid = '65c1f0a2d1e4b2a6f0c9d333';

type Json = Readonly<Record<string, unknown>>;

async function fetchFrom(host: string, uid: string): Promise<{ document: Json; codes: string[] }> {
  const { client } = paletteClientOf(host);
  const { text, warnings } = await fetchClusterProfile(client, uid, never);
  return { document: JSON.parse(text), codes: warnings.map(({ code }) => code) };
}

function profileWith(packs: readonly unknown[], state = 'published'): Json {
  return { metadata: { name: 'p', uid: infraUid }, spec: { version: '1.0.0', [state]: { packs } } };
}

function paletteWith(profile: Json, manifests = new Map<string, string>()) {
  return samplePalette({ profiles: new Map([[infraUid, profile]]), variables: new Map(), manifests });
}

test('manifests behind references are put in, and variables', async () => {
  const server = await startPaletteServer();
  const { document, codes } = await fetchFrom(server.host, addonUid);
  expect(document).toMatchObject({
    metadata: { name: 'addon-monitoring', uid: addonUid },
    spec: {
      version: '2.1.0',
      published: {
        packs: [
          { name: 'prometheus-operator', manifests: [] },
          {
            name: 'node-tools',
            manifests: [{ name: 'node-tools', content: expect.stringContaining('node-exporter:v1.8.2') }],
          },
        ],
      },
      variables: [{ name: 'GrafanaRegistry', defaultValue: 'docker.io' }, { name: 'GrafanaPassword' }],
    },
  });
  expect(codes).toEqual([]);
  expect(server.operations.toSorted()).toEqual([
    'V1ClusterProfilesUidVariablesGet',
    'v1ClusterProfilesGet',
    'v1ClusterProfilesUidPacksNameManifestsUidGet',
  ]);
});

test('the mask of a sensitive variable is not taken for its value', async () => {
  const server = await startPaletteServer();
  const { document } = await fetchFrom(server.host, addonUid);
  expect(JSON.stringify(document)).not.toContain('****');
});

test('a profile without packs, manifests and variables', async () => {
  const server = await startPaletteServer({ data: paletteWith(profileWith([])) });
  const { document } = await fetchFrom(server.host, infraUid);
  expect(document).toMatchObject({ spec: { published: { packs: [] }, variables: [] } });
});

test('a draft is read when nothing was published, and told', async () => {
  const pack = { name: 'a', layer: 'addon', values: 'x: 1' };
  const server = await startPaletteServer({ data: paletteWith(profileWith([pack], 'draft')) });
  const { document, codes } = await fetchFrom(server.host, infraUid);
  expect(document).toMatchObject({ spec: { draft: { packs: [pack] } } });
  expect(codes).toEqual(['PROFILE_NOT_PUBLISHED']);
});

test('the published state goes before a draft', async () => {
  const published = { packs: [{ name: 'old', layer: 'addon' }] };
  const draft = { packs: [{ name: 'new', layer: 'addon' }] };
  const profile = { metadata: { name: 'p', uid: infraUid }, spec: { version: '1.0.0', published, draft } };
  const server = await startPaletteServer({ data: paletteWith(profile) });
  const { document, codes } = await fetchFrom(server.host, infraUid);
  expect(document['spec']).toMatchObject({ published: { packs: [{ name: 'old' }] } });
  expect(JSON.stringify(document)).not.toContain('new');
  expect(codes).toEqual([]);
});

test('a published state without packs goes before a draft with some', async () => {
  const published = { type: 'add-on', name: 'p' };
  const draft = { packs: [{ name: 'new', layer: 'addon' }] };
  const profile = { metadata: { name: 'p', uid: infraUid }, spec: { version: '1.0.0', published, draft } };
  const server = await startPaletteServer({ data: paletteWith(profile) });
  const { document, codes } = await fetchFrom(server.host, infraUid);
  expect(document['spec']).toMatchObject({ published: { packs: [] } });
  expect(JSON.stringify(document)).not.toContain('new');
  expect(codes).toEqual([]);
});

test('a profile that is not there', async () => {
  const server = await startPaletteServer({ data: samplePalette({ profiles: new Map() }) });
  const error = await rejection(fetchFrom(server.host, infraUid));
  expect(error).toMatchObject({ code: 'PALETTE_NOT_FOUND', kind: 'notFound' });
  expect(error.message).toMatch(new RegExp(`^cluster profile ${infraUid} was not found`));
  expect(error.suggestions.join()).toContain('palette-edge profiles');
});

test('a Palette without the call for variables has none', async () => {
  const server = await startServer(({ url = '' }, response) => {
    if (url.endsWith('/variables')) response.statusCode = 404;
    response.end(JSON.stringify(profileWith([])));
  });
  const { document } = await fetchFrom(server.host, infraUid);
  expect(document).toMatchObject({ spec: { published: { packs: [] }, variables: [] } });
});

test('a manifest that is not there is told with its uid', async () => {
  const manifests = [{ kind: 'manifest', name: 'm', uid: manifestUid }];
  const pack = { name: 'a', layer: 'addon', manifests };
  const server = await startPaletteServer({ data: paletteWith(profileWith([pack])) });
  const error = await rejection(fetchFrom(server.host, infraUid));
  expect(error).toMatchObject({ code: 'PALETTE_NOT_FOUND' });
  expect(error.message).toContain(`manifest ${manifestUid}`);
});

test('names of packs go into paths whole', async () => {
  const manifests = [{ kind: 'manifest', name: 'm', uid: manifestUid }];
  const pack = { name: 'a/../b %2e', layer: 'addon', manifests };
  const texts = new Map([[manifestUid, 'kind: Pod']]);
  const server = await startPaletteServer({ data: paletteWith(profileWith([pack]), texts) });
  const { document } = await fetchFrom(server.host, infraUid);
  expect(JSON.stringify(document)).toContain('kind: Pod');
  expect(server.requests.map(({ url }) => url)).toContain(
    `/v1/clusterprofiles/${infraUid}/packs/a%2F..%2Fb%20%252e/manifests/${manifestUid}`,
  );
});

describe('of what deviates from the description, nothing is asked further', () => {
  async function fetchReply(reply: unknown) {
    const server = await startServer((request, response) =>
      response.end(JSON.stringify(request.url?.endsWith('variables') === true ? {} : reply)),
    );
    return { server, fetched: fetchFrom(server.host, infraUid) };
  }

  test.each([
    ['a uid that climbs', [{ name: 'a', manifests: [{ name: 'm', uid: '../../../v1/users' }] }]],
    ['no uid', [{ name: 'a', manifests: [{ name: 'm' }] }]],
    ['a manifest that is a text', [{ name: 'a', manifests: ['m'] }]],
    ['a pack that climbs', [{ name: '..', manifests: [{ name: 'm', uid: manifestUid }] }]],
    ['a pack without a name', [{ manifests: [{ name: 'm', uid: manifestUid }] }]],
    [
      'very many manifests',
      [{ name: 'a', manifests: Array.from({ length: 1001 }, () => ({ name: 'm', uid: manifestUid })) }],
    ],
  ])('%s', async (_what, packs) => {
    const { server, fetched } = await fetchReply(profileWith(packs));
    expect(await rejection(fetched)).toMatchObject({ code: 'PALETTE_ANSWER_INVALID', kind: 'network' });
    expect(server.requests).toHaveLength(2);
  });

  test('a manifest without a text', async () => {
    const manifests = [{ name: 'm', uid: manifestUid }];
    const { fetched } = await fetchReply(profileWith([{ name: 'a', manifests }]));
    expect(await rejection(fetched)).toMatchObject({ code: 'PALETTE_ANSWER_INVALID' });
  });

  test.each([
    [{}],
    [{ spec: null }],
    [{ spec: { published: 'x' } }],
    [{ spec: { published: { packs: {} } } }],
  ])('a profile of another shape is left to whoever reads profiles: %j', async (reply) => {
    const { fetched } = await fetchReply(reply);
    expect((await fetched).document).toHaveProperty('spec');
  });
});
