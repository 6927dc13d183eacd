import { expect, test } from 'vitest';

import { clusterDefinitionRequest, paletteRequest } from '../../src/cli/palette-flags.ts';
import { thrown } from '../support/sample-profiles.ts';

const first = '1'.repeat(24);
const second = '2'.repeat(24);
const third = '3'.repeat(24);
const none = {
  'cluster-profile-ids': [],
  'include-palette-content': false,
  'include-core-images-only': false,
};
const noDefinition = {
  ...none,
  'cluster-definition-name': undefined,
  'cluster-definition-profile-ids': [],
};

test.each([
  ['nothing', {}, undefined],
  ['ids by commas', { 'cluster-profile-ids': [`${first},${second}`] }, [first, second]],
  ['ids by repeating', { 'cluster-profile-ids': [first, second] }, [first, second]],
  [
    'ids by both, with blanks and twice',
    { 'cluster-profile-ids': [` ${first}, ${second},`, `${first},${third}`] },
    [first, second, third],
  ],
  ['only commas', { 'cluster-profile-ids': [','] }, undefined],
])('%s', (_what, flags, profileUids) => {
  expect(paletteRequest({ ...none, ...flags })).toEqual(
    profileUids === undefined ? undefined : { profileUids, services: 'none' },
  );
});

test.each([
  ['include-palette-content', 'all'],
  ['include-core-images-only', 'agent'],
])('--%s asks for %s', (flag, services) => {
  expect(paletteRequest({ ...none, [flag]: true })).toEqual({ profileUids: [], services });
});

test('both at once contradict each other', () => {
  const both = { 'include-palette-content': true, 'include-core-images-only': true };
  expect(thrown(() => paletteRequest({ ...none, ...both }))).toMatchObject({
    code: 'PALETTE_FLAGS_CONFLICT',
    kind: 'usage',
  });
});

test.each([
  ['cluster-profile-ids', paletteRequest],
  ['cluster-definition-profile-ids', clusterDefinitionRequest],
])('what is no uid is told with its flag: --%s', (flag, read) => {
  const error = thrown(() => read({ ...noDefinition, [flag]: [`${first},edge-infra`] }));
  expect(error).toMatchObject({ code: 'PALETTE_UID_INVALID', kind: 'usage' });
  expect(error.message).toContain(`--${flag} "edge-infra"`);
});

test.each([
  ['none', {}, undefined],
  [
    'of its own profiles',
    { 'cluster-definition-name': 'store', 'cluster-definition-profile-ids': [`${first},${second}`] },
    { name: 'store', profileUids: [first, second] },
  ],
  [
    'of the profiles of the bundle',
    { 'cluster-definition-name': 'store', 'cluster-profile-ids': [third] },
    { name: 'store', profileUids: [third] },
  ],
  [
    'named as a file',
    { 'cluster-definition-name': 'store.tgz', 'cluster-profile-ids': [third] },
    { name: 'store', profileUids: [third] },
  ],
])('a cluster definition: %s', (_what, flags, request) => {
  expect(clusterDefinitionRequest({ ...noDefinition, ...flags })).toEqual(request);
});

test.each([
  ['without a name', { 'cluster-definition-profile-ids': [first] }, 'CLUSTER_DEFINITION_INCOMPLETE'],
  ['without profiles', { 'cluster-definition-name': 'a' }, 'CLUSTER_DEFINITION_INCOMPLETE'],
  [
    'with a name that climbs',
    { 'cluster-definition-name': '../a', 'cluster-profile-ids': [first] },
    'CLUSTER_DEFINITION_NAME_INVALID',
  ],
])('a cluster definition %s is refused', (_what, flags, code) => {
  expect(thrown(() => clusterDefinitionRequest({ ...noDefinition, ...flags }))).toMatchObject({
    code,
    kind: 'usage',
  });
});
