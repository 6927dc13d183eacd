import { describe, expect, test } from 'vitest';

import { operationOf, replyDeviation } from './palette-server-description.ts';

const uid = '65c1f0a2d1e4b2a6f0c9d111';
const get = { method: 'GET', contentType: undefined, body: '' };
const post = { method: 'POST', contentType: 'application/json' };

test('a request as described is that of its operation', () => {
  expect(
    operationOf({ ...get, target: `/v1/clusterprofiles/${uid}?includePackAnnotations=true` }),
  ).toMatchObject({ id: 'v1ClusterProfilesGet', pathValues: { uid } });
});

describe('the server of the tests refuses', () => {
  test.each([
    ['an unknown path', { ...get, target: '/v1/clusterprofile' }, 'is not described'],
    ['another method', { ...get, method: 'PATCH', target: `/v1/clusterprofiles/${uid}` }, 'is not described'],
    ['an unknown query', { ...get, target: `/v1/clusterprofiles/${uid}?x=1` }, 'additional properties'],
    [
      'a wrong type in a query',
      { ...get, target: `/v1/clusterprofiles/${uid}?includePackAnnotations=7` },
      'boolean',
    ],
    [
      'a value that is too large',
      { ...post, target: '/v1/dashboard/clusterprofiles?limit=51', body: '{}' },
      'must be <= 50',
    ],
    ['a value that is not listed', { ...get, target: '/v1/services/other/version' }, 'allowed values'],
    ['a missing query', { ...get, target: '/v1/services/stylus/versions/1/manifest' }, "property 'action'"],
    ['a body where none belongs', { ...get, body: '{}', target: `/v1/clusterprofiles/${uid}` }, 'no body'],
    [
      'a body of another type',
      { ...post, contentType: 'text/plain', target: '/v1/dashboard/clusterprofiles', body: '{}' },
      'text/plain',
    ],
    [
      'a field that is not described',
      { ...post, target: '/v1/dashboard/clusterprofiles', body: '{"filters":{}}' },
      'additional properties',
    ],
    [
      'a field that is missing',
      { ...post, target: '/v1/spectroclusters/spc/download', body: '{"spec":{"profiles":[]}}' },
      "property 'cloudType'",
    ],
  ])('%s', (_what, request, deviation) => {
    expect(operationOf(request)).toContain(deviation);
  });

  const reply = { status: 200, contentType: 'application/json' };
  test.each([
    ['a reply of another status', { ...reply, status: 201, body: '{}' }, 'is not described'],
    ['a reply of another type', { ...reply, contentType: 'text/plain', body: '{}' }, 'text/plain'],
    ['a field of a reply that is not described', { ...reply, body: '{"data":1}' }, 'additional properties'],
    [
      'a field of a reply that is missing',
      { ...reply, body: '{"spec":{"published":{"packs":[{"name":"a"}]}}}' },
      "property 'layer'",
    ],
  ])('%s', (_what, { body, ...rest }, deviation) => {
    const id = 'v1ClusterProfilesGet';
    expect(replyDeviation({ id }, { ...rest, body: Buffer.from(body) })).toContain(deviation);
  });

  test('nothing else', () => {
    const body = Buffer.from('{"spec":{"published":{"packs":[{"name":"a","layer":"addon"}]}}}');
    expect(replyDeviation({ id: 'v1ClusterProfilesGet' }, { ...reply, body })).toBeUndefined();
  });
});
