import { expect, test } from 'vitest';

import { profilesView } from '../../src/views/profiles-view.ts';

const edge = {
  uid: '1'.repeat(24),
  name: 'edge-infra',
  version: '1.0.0',
  type: 'infra',
  cloudType: 'edge-native',
  isPublished: true,
};

test('each version has its line; a draft says so; what is not known is a dash', () => {
  const bare = { uid: '2'.repeat(24), name: 'new', version: '', type: '', cloudType: '', isPublished: false };
  expect(profilesView({ palette: 'api.example.com', projectUid: null, profiles: [edge, bare] })).toBe(
    `UID                       NAME        VERSION  TYPE       CLOUD
111111111111111111111111  edge-infra  1.0.0    infra      edge-native
222222222222222222222222  new         -        - (draft)  -`,
  );
});
