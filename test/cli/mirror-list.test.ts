import { expect, test } from 'vitest';

import { mirrorList } from '../../src/cli/mirror-list.ts';
import { everythingShown } from '../support/rejection.ts';
import { thrown } from '../support/sample-profiles.ts';

test.each([
  ['docker.io=mirror.corp:5000/hub', ['docker.io', ''], ['mirror.corp:5000', 'hub']],
  ['ghcr.io/org/team=reg.local/ghcr-org', ['ghcr.io', 'org/team'], ['reg.local', 'ghcr-org']],
  ['index.docker.io/library=LOCALHOST/x/', ['docker.io', 'library'], ['localhost', 'x']],
  ['[::1]:5000/a=[fd00::2]/b', ['[::1]:5000', 'a'], ['[fd00::2]', 'b']],
  [' quay.io = mirror:443 ', ['quay.io', ''], ['mirror:443', '']],
  ['127.0.0.1:5000=registry-1.docker.io', ['127.0.0.1:5000', ''], ['docker.io', '']],
])('%s', (text, [registry, path], [mirrorRegistry, mirrorPath]) => {
  expect(mirrorList([text])).toEqual([
    { original: { registry, path }, mirror: { registry: mirrorRegistry, path: mirrorPath } },
  ]);
});

test('the order is kept, and none is fine', () => {
  const hosts = mirrorList(['a.io=b.io', 'a.io=c.io']).map(({ mirror }) => mirror.registry);
  expect(hosts).toEqual(['b.io', 'c.io']);
  expect(mirrorList([])).toEqual([]);
});

test.each([
  ['mirror.corp:5000', 'is not two names with one = between them', /^Expected --mirror/],
  ['a.io=b.io=c.io', 'is not two names with one = between them', /^Expected --mirror/],
  ['=b.io', '"" is no registry host', /^Expected --mirror/],
  ['a.io=', '"" is no registry host', /^Expected --mirror/],
  ['nginx=b.io', '"nginx" is no registry host', /docker\.io\/nginx/],
  ['a.io=mirror/hub', '"mirror" is no registry host', /mirror:443\/hub/],
  ['*=b.io', '"*" is no registry host', /^Expected --mirror/],
  ['a.io=b.io:99999', '"b.io:99999" is no registry host', /^Expected --mirror/],
  ['::1=b.io', '"::1" is no registry host', /^Expected --mirror/],
  ['a.io/Org=b.io', '"Org" is no part of a repository name', /lower-case/],
  ['a.io/app:1.0=b.io', '"app:1.0" is no part of a repository name', /a tag is no part/],
  ['a.io//x=b.io', '"" is no part of a repository name', /lower-case/],
  ['a.io/../x=b.io', '".." is no part of a repository name', /lower-case/],
  ['a.io=https://b.io/x', 'a name has no https://', /^Write "a\.io=b\.io\/x"\.$/],
  ['docker.io=index.docker.io', 'names a mirror of itself', /^Expected --mirror/],
])('%s: %s', (text, reason, suggestion) => {
  const error = thrown(() => mirrorList(['a.io=ok.io', text]));
  expect(error).toMatchObject({ code: 'MIRROR_INVALID', kind: 'usage' });
  expect(error.message).toContain(`--mirror ${JSON.stringify(text)}`);
  expect(error.message).toContain(reason);
  expect(error.suggestions[0]).toMatch(suggestion);
});

test('plain HTTP is asked for with its own flag', () => {
  const error = thrown(() => mirrorList(['a.io=http://b.io:5000/x']));
  expect(error.suggestions).toEqual([
    'Write "a.io=b.io:5000/x".',
    'To speak plain HTTP to it, add: --plain-http b.io:5000',
  ]);
});

test.each(['docker.io=user:s3cret@mirror.corp', 'https://user:s3cret@a.io=b.io', 'a.io=b.io/x?token=s3cret'])(
  'what may be a password is refused and not shown: %s',
  (text) => {
    const error = thrown(() => mirrorList([text]));
    expect(error).toMatchObject({ code: 'MIRROR_INVALID', kind: 'usage' });
    expect(everythingShown(error)).not.toContain('s3cret');
    expect(error.suggestions.join()).toContain('palette-edge login');
  },
);
