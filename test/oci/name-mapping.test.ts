import { expect, test } from 'vitest';

import { mapReference } from '../../src/oci/name-mapping.ts';
import type { NameMapping } from '../../src/oci/name-mapping.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import { thrown } from '../support/sample-profiles.ts';

const digest = `sha256:${'a'.repeat(64)}`;

function mapping(from: string, to: string): NameMapping {
  return { from: prefix(from), to: prefix(to) };
}

function prefix(text: string): NameMapping['from'] {
  const slash = text.indexOf('/');
  return slash === -1
    ? { registry: text, path: '' }
    : { registry: text.slice(0, slash), path: text.slice(slash + 1) };
}

test.each([
  ['nginx:1', 'docker.io', 'r.site/hub', 'r.site/hub/library/nginx:1'],
  ['nginx:1', 'docker.io/library', 'r.site', 'r.site/nginx:1'],
  ['nginx:1', 'docker.io/library/nginx', 'r.site/web', 'r.site/web:1'],
  ['quay.io/nginx:1', 'quay.io', 'docker.io', 'docker.io/library/nginx:1'],
  [`ghcr.io/a/b:1@${digest}`, 'ghcr.io/a', 'r.site/x/y', `r.site/x/y/b:1@${digest}`],
  ['ghcr.io/ab:1', 'ghcr.io/a', 'r.site/x', 'ghcr.io/ab:1'],
  ['ghcr.io/a:1', 'quay.io', 'r.site/x', 'ghcr.io/a:1'],
])('%s with %s=%s is %s', (...[reference, from, to, expected]) => {
  expect(formatReference(mapReference(parseReference(reference), [mapping(from, to)]))).toBe(expected);
});

test('the longest prefix alone renames, in whatever order they stand', () => {
  const mappings = [
    mapping('ghcr.io', 'a.site'),
    mapping('ghcr.io/org', 'b.site'),
    mapping('b.site', 'c.site'),
  ];
  for (const order of [mappings, mappings.toReversed()]) {
    expect(formatReference(mapReference(parseReference('ghcr.io/org/app:1'), order))).toBe('b.site/app:1');
    expect(formatReference(mapReference(parseReference('ghcr.io/app:1'), order))).toBe('a.site/app:1');
  }
});

test('a rename that leaves no name is refused', () => {
  const error = thrown(() =>
    mapReference(parseReference('ghcr.io/app:1'), [mapping('ghcr.io/app', 'r.site')]),
  );
  expect(error).toMatchObject({ code: 'REFERENCE_INVALID', kind: 'usage' });
});
