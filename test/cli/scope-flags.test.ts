import { expect, test } from 'vitest';

import { imageScope } from '../../src/cli/scope-flags.ts';
import { thrown } from '../support/sample-profiles.ts';

const none = { 'exclude-profile': [], exclude: [], map: [] };

test('what is given twice counts once', () => {
  const scope = imageScope({
    'exclude-profile': ['a', 'a'],
    exclude: ['x/*', 'x/*'],
    map: ['docker.io=r.site:5000/hub', 'index.docker.io=r.site:5000/hub/'],
  });
  expect(scope).toEqual({
    excludedProfiles: ['a'],
    excludes: ['x/*'],
    mappings: [{ from: { registry: 'docker.io', path: '' }, to: { registry: 'r.site:5000', path: 'hub' } }],
  });
});

test.each([
  [['a.io=b.io', 'a.io=c.io'], 'the same prefix is mapped to another one already'],
  [['a.io=a.io'], 'changes nothing'],
  [['nginx=b.io'], 'is no registry host'],
])('%s is refused', (map, reason) => {
  const error = thrown(() => imageScope({ ...none, map }));
  expect(error).toMatchObject({ code: 'MAP_INVALID', kind: 'usage' });
  expect(error.message).toMatch(/^--map "/);
  expect(error.message).toContain(reason);
});

test('a password is not told', () => {
  const error = thrown(() => imageScope({ ...none, map: ['a.io=user:s3cret@b.io'] }));
  expect(error.message).toBe('--map takes names without user, password, tag, digest and query');
});
